import { type NDArray, ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type ByteImages, fromUint8 } from '../images/byte-images.ts'
import { checkImage } from '../images/check-image.ts'
import { shownSize, sizeOfImage } from '../images/image-size.ts'
import { checkSource } from '../sources/check-source.ts'
import type { ImageSource, LabelledSource, ReadImages, ReadOptions } from '../sources/image-source.ts'

/** Images as networks take them. */
export interface ImageBatch {
  /** [n, height, width, channels] in [-1, 1]: byte / 127.5 - 1. */
  readonly image: NDArray<'float32'>
  /** The class of each image, [n], from a labelled source. */
  readonly label?: NDArray<'int32'>
}

/** An {@link ImageBatch} of a labelled source. */
export interface LabelledBatch extends ImageBatch {
  readonly label: NDArray<'int32'>
}

/**
 * The images of a source at the given indices, in their order, and their labels.
 * @throws on an index outside the source; if the source gives another number of images or labels than asked for, an image of
 * other channels or of another size than it says or than the others have, or a label that is none of its classes: the error names the
 * source and the image's index. And what the source throws.
 */
export function readBatch(
  source: LabelledSource,
  indices: ArrayLike<number>,
  options?: ReadOptions,
): Promise<LabelledBatch>
export function readBatch(source: ImageSource, indices: ArrayLike<number>, options?: ReadOptions): Promise<ImageBatch>
export async function readBatch(
  source: ImageSource,
  indices: ArrayLike<number>,
  options: ReadOptions = {},
): Promise<ImageBatch> {
  const { name, count, classNames } = checkSource('readBatch', source)
  const list = Array.from(indices)
  for (const index of list)
    if (!(Number.isInteger(index) && index >= 0 && index < count))
      throw new CascadeError('input', `readBatch: expected indices from 0 to ${count - 1} of ${name}, got ${index}`)
  const { images, labels } = await source.read(list, options)
  const image = fromUint8(stacked(source, list, images))
  return classNames ? { image, label: checkedLabels(name, classNames, list, labels) } : { image }
}

/** The images as one array [n, height, width, channels]. */
function stacked(
  { name, channels, size }: ImageSource,
  indices: readonly number[],
  images: ReadImages['images'],
): ByteImages {
  if (!Array.isArray(images) || images.length !== indices.length)
    throw new CascadeError('data', `${name}: expected ${indices.length} images from read, got ${shown(images)}`)
  if (images.length === 0) return { shape: [0, ...(size ?? [0, 0]), channels], data: new Uint8Array() }
  const shape = [...(size ?? sizeOfImage(checkImage(name, images[0]!, indices[0]!))), channels]
  const pixels = sizeOf(shape)
  const data = new Uint8Array(images.length * pixels)
  for (const [i, image] of images.entries()) {
    const index = indices[i]!
    const [height, width, c] = checkImage(name, image, index).shape
    if (c !== channels)
      throw new CascadeError('data', `${name}: expected ${channels} channels, got ${c} in image ${index}`)
    if (height !== shape[0] || width !== shape[1])
      throw new CascadeError(
        'data',
        `${name}: expected images of one size, ${shownSize(shape)}, got ${shownSize(image.shape)} in image ${index}` +
          (size ? '' : '; transforms make them one: transformed(source, centerCrop(), resize({ size }))'),
      )
    data.set(image.data, i * pixels)
  }
  return { shape: [images.length, ...shape], data }
}

function checkedLabels(
  name: string,
  classNames: readonly string[],
  indices: readonly number[],
  labels: ReadImages['labels'],
): NDArray<'int32'> {
  if (labels?.length !== indices.length)
    throw new CascadeError(
      'data',
      `${name}: expected ${indices.length} labels from read, as it has classNames, got ${shown(labels)}`,
    )
  const checked = Int32Array.from(labels, (label, i) => {
    if (Number.isInteger(label) && label >= 0 && label < classNames.length) return label
    throw new CascadeError(
      'data',
      `${name}: expected labels from 0 to ${classNames.length - 1}, got ${shown(label)} for image ${indices[i]}`,
    )
  })
  return ndarray(checked, [indices.length])
}
