import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { averageAreas } from './area.ts'
import type { ByteImages } from './byte-images.ts'
import { type ImageSize, imageSize, shownSize } from './image-size.ts'

/**
 * Makes images smaller: each new pixel is the mean of the area that it covers. A side need not be a whole multiple of the new one.
 * @param images [n, height, width, channels], or one without n. Bytes are rounded, halves to even.
 * @param size the new side, or [height, width].
 * @throws a "wrong image size" error if a side would grow.
 */
export function resizeArea(images: NDArray<'float32'>, size: number | ImageSize): NDArray<'float32'>
export function resizeArea(images: ByteImages, size: number | ImageSize): ByteImages
export function resizeArea(
  images: ByteImages | NDArray<'float32'>,
  size: number | ImageSize,
): ByteImages | NDArray<'float32'> {
  const to = imageSize('resizeArea', size)
  const { shape, data } = images
  const [n, height, width, channels] = (shape.length === 3 ? [1, ...shape] : shape) as [number, number, number, number]
  if (height < to[0] || width < to[1])
    throw new CascadeError(
      'input',
      `wrong image size: expected at least ${shownSize(to)}, got ${shownSize([height, width])}`,
    )
  const length = n * to[0] * to[1] * channels
  const from = [n, height, width, channels] as const
  const newShape = shape.length === 3 ? [...to, channels] : [n, ...to, channels]
  if (!(data instanceof Uint8Array))
    return { dtype: 'float32', shape: newShape, data: averageAreas(data, from, to, new Float32Array(length)) }
  const { buffer } = averageAreas(data, from, to, new Uint8ClampedArray(length)) // clips and rounds
  return { shape: newShape, data: new Uint8Array(buffer) }
}
