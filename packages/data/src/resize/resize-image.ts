import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkOneOf, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { isChannels } from '../images/channels.ts'
import { type ImageSize, imageSize, shownSize } from '../images/image-size.ts'
import { type FilterName, filters } from './filters.ts'
import { resampleBytes, resampleFloats } from './resample.ts'
import type { Box } from './resampling.ts'

/** A way to resize. All but `nearest` antialias when they reduce. */
export type ResizeFilter = 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos' | 'nearest'

/** Every {@link ResizeFilter}. */
export const resizeFilters: readonly ResizeFilter[] = [...(Object.keys(filters) as FilterName[]), 'nearest']

/** Options of {@link resizeImage}. */
export interface ResizeImageOptions {
  /** `box` (the mean of the area), `bilinear`, `hamming`, `bicubic`, `lanczos`, or `nearest`. */
  readonly filter: ResizeFilter
  /** The part that is resized: its edges in pixels, which may lie between pixels. Default: the whole image. */
  readonly box?: readonly [top: number, left: number, bottom: number, right: number]
}

const optionKeys: KnownKeys<ResizeImageOptions> = { filter: true, box: true }

/**
 * Resizes images exactly as Pillow does (`Image.resize`): larger or smaller, each side by itself.
 *
 * Bytes are Pillow's bytes: weights are rounded to 22 bits, and sums are rounded and clipped to bytes after either axis. With alpha,
 * colours are multiplied by it first and divided by it after. Numbers are Pillow's of mode F, each channel by itself.
 * @param images [n, height, width, channels], or one without n; of 1 to 4 channels in bytes.
 * @param size the new side, or [height, width].
 * @returns the resized images, in memory of their own.
 * @throws {CascadeError} of code `input` if an option is unknown or wrong, or the box is empty or leaves the image.
 */
export function resizeImage(images: ByteImages, size: number | ImageSize, options: ResizeImageOptions): ByteImages
export function resizeImage(
  images: NDArray<'float32'>,
  size: number | ImageSize,
  options: ResizeImageOptions,
): NDArray<'float32'>
export function resizeImage(
  images: ByteImages | NDArray<'float32'>,
  size: number | ImageSize,
  options: ResizeImageOptions,
): ByteImages | NDArray<'float32'> {
  checkOptions('resizeImage', options, optionKeys)
  const filter = checkOneOf('resizeImage', 'a filter', options.filter, resizeFilters)
  const to = imageSize('resizeImage', size)
  const { n, height, width, channels } = shapeOf(images)
  const resampling = {
    filter,
    size: to,
    box: checkBox(options.box ?? [0, 0, height, width], [height, width]),
    keep: { top: 0, left: 0, height: to[0], width: to[1] },
  }
  const image = { region: { top: 0, left: 0, height, width }, channels }
  const shape = images.shape.length === 3 ? [...to, channels] : [n, ...to, channels]
  const length = n * to[0] * to[1] * channels
  if (images.data instanceof Uint8Array) {
    const data = new Uint8Array(length)
    for (const [i, one] of parts(images.data, n).entries())
      data.set(resampleBytes({ ...image, data: one }, resampling).data, (i * length) / n)
    return { shape, data }
  }
  const data = new Float32Array(length)
  for (const [i, one] of parts(images.data, n).entries())
    data.set(resampleFloats({ ...image, data: one }, resampling).data, (i * length) / n)
  return { dtype: 'float32', shape, data }
}

/** The data of n images one by one: views. */
function parts<Data extends Uint8Array | Float32Array>(data: Data, n: number): Data[] {
  const length = data.length / n
  return Array.from({ length: n }, (_, i) => data.subarray(i * length, (i + 1) * length) as Data)
}

function shapeOf(images: ByteImages | NDArray<'float32'>) {
  const { shape, data } = (images ?? {}) as Partial<typeof images>
  if (!(data instanceof Uint8Array || data instanceof Float32Array) || !Array.isArray(shape))
    throw new CascadeError(
      'input',
      `resizeImage: expected images in bytes or a float32 array, { shape, data }, got ${shown(images)}`,
    )
  const [n, height, width, channels] = (shape.length === 3 ? [1, ...shape] : shape) as [number, number, number, number]
  const size = n * height * width * channels
  const fits = (shape.length === 3 || shape.length === 4) && data.length === size && height * width > 0
  if (fits && isChannels(channels)) return { n, height, width, channels }
  throw new CascadeError(
    'input',
    'resizeImage: expected [height, width, 1 to 4], or several such, ' +
      `got [${shape}] of ${data.length} ${data instanceof Uint8Array ? 'bytes' : 'numbers'}`,
  )
}

function checkBox(box: Box, size: ImageSize): Box {
  const [top, left, bottom, right] = Array.isArray(box) && box.length === 4 ? (box as Box) : []
  // Comparisons with what is no number are false.
  if (top! >= 0 && left! >= 0 && bottom! > top! && right! > left! && bottom! <= size[0] && right! <= size[1]) return box
  throw new CascadeError(
    'input',
    `resizeImage: expected a box, [top, left, bottom, right] inside ${shownSize(size)}, ` +
      `got ${Array.isArray(box) ? `[${box}]` : shown(box)}`,
  )
}
