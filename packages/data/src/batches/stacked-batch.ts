import { ndarray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { type ByteImages, numberOfByte } from '../images/byte-images.ts'
import { shownSize, sizeOfImage } from '../images/image-size.ts'
import type { ImageSource } from '../sources/image-source.ts'
import type { ImageBatch } from './image-batch.ts'

/**
 * Images of a source as one batch, and their labels.
 * @throws {CascadeError} of code `data` that names the image's index unless all are of one size, that of the source if it has one.
 */
export function stackedBatch(
  { name, channels, size }: ImageSource,
  indices: readonly number[],
  images: readonly ByteImages[],
  labels: ArrayLike<number> | undefined,
): ImageBatch {
  const [height, width] = size ?? (images[0] ? sizeOfImage(images[0]) : [0, 0])
  const numbers = new Float32Array(images.length * height * width * channels)
  let at = 0
  for (const [i, image] of images.entries()) {
    const [h, w] = sizeOfImage(image)
    if (h !== height || w !== width)
      throw new CascadeError(
        'data',
        `${name}: expected images of one size, ${shownSize([height, width])}, got ${shownSize([h, w])} in image ${indices[i]}` +
          (size ? '' : '; transforms make them one: transformed(source, centerCrop(), resize({ size }))'),
      )
    const { data } = image
    for (let k = 0; k < data.length; k++) numbers[at + k] = numberOfByte[data[k]!]!
    at += data.length
  }
  const image = ndarray(numbers, [images.length, height, width, channels])
  return labels ? { image, label: ndarray(Int32Array.from(labels), [images.length]) } : { image }
}
