import { checkInteger, checkOneOf, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { sizeOfImage } from '../../images/image-size.ts'
import { halfEven } from '../../resize/half-even.ts'
import { type ResizeFilter, resizeFilters } from '../../resize/resize-image.ts'
import { resized } from '../../resize/resize-part.ts'
import { copyRows } from '../copy-rows.ts'
import type { ImageTransform } from '../image-transform.ts'

/** Options of {@link bigganCrop}. */
export interface BigganCropOptions {
  /** The new side. */
  readonly size: number
  /** A filter of `resizeImage`. Default `bilinear`. */
  readonly filter?: ResizeFilter
}

const bigganCropKeys: KnownKeys<BigganCropOptions> = { size: true, filter: true }

/**
 * Cuts out the largest square in the middle, and resizes it: BigGAN-PyTorch's `CenterCropLongEdge` and torchvision's `Resize(size)`, byte
 * for byte. The offset of the crop is rounded, halves to even.
 * @throws if an option is unknown or wrong.
 */
export function bigganCrop(options: BigganCropOptions): ImageTransform {
  checkOptions('bigganCrop', options, bigganCropKeys)
  const { size, filter = 'bilinear' } = options
  checkInteger('bigganCrop', 'a size', size, { from: 1 })
  checkOneOf('bigganCrop', 'a filter', filter, resizeFilters)
  return {
    name: 'biggan-crop',
    config: { name: 'biggan-crop', size, filter },
    size: () => [size, size],
    apply(image) {
      const [height, width] = sizeOfImage(image)
      const side = Math.min(height, width)
      const offset = [-halfEven((height - side) / 2), -halfEven((width - side) / 2)] as const
      const square = height === width ? image : copyRows(image, [side, side], offset)
      return resized(square, [size, size], filter)
    },
  }
}

/** {@link bigganCrop} by name: a JSON value. */
export interface BigganCropConfig extends BigganCropOptions {
  readonly name: 'biggan-crop'
}

/** The entry of the table. */
export const bigganCropEntry: Entry<BigganCropConfig, ImageTransform> = {
  name: 'biggan-crop',
  schema: schema.record<BigganCropConfig>({
    name: schema.oneOf(['biggan-crop']),
    size: schema.integer({ from: 1 }),
    filter: schema.optional(schema.oneOf(resizeFilters)),
  }),
  make: ({ name, ...options }) => bigganCrop(options),
}
