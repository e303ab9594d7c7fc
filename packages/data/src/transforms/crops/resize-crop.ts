import { checkInteger, checkOneOf, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { sizeOfImage } from '../../images/image-size.ts'
import { halfEven } from '../../resize/half-even.ts'
import { type ResizeFilter, resizeFilters } from '../../resize/resize-image.ts'
import { resizePart } from '../../resize/resize-part.ts'
import type { ImageTransform } from '../image-transform.ts'

/** Options of {@link resizeCrop}. */
export interface ResizeCropOptions {
  /** The new side. */
  readonly size: number
  /** A filter of `resizeImage`. Default `bilinear`. */
  readonly filter?: ResizeFilter
}

const resizeCropKeys: KnownKeys<ResizeCropOptions> = { size: true, filter: true }

/**
 * Resizes an image until its shorter side fits, and cuts out the middle: torchvision's `Resize(size)` and `CenterCrop(size)` of Pillow's
 * images, byte for byte. The longer side is cut off to an integer, the offset of the crop is rounded, halves to even. Smaller images
 * become larger. Pixels that are cut off are not computed.
 * @throws if an option is unknown or wrong.
 */
export function resizeCrop(options: ResizeCropOptions): ImageTransform {
  checkOptions('resizeCrop', options, resizeCropKeys)
  const { size, filter = 'bilinear' } = options
  checkInteger('resizeCrop', 'a size', size, { from: 1 })
  checkOneOf('resizeCrop', 'a filter', filter, resizeFilters)
  return {
    name: 'resize-crop',
    config: { name: 'resize-crop', size, filter },
    size: () => [size, size],
    apply(image) {
      const [height, width] = sizeOfImage(image)
      const short = Math.min(height, width)
      const to = [Math.trunc((size * height) / short), Math.trunc((size * width) / short)] as const
      const crop = {
        top: halfEven((to[0] - size) / 2),
        left: halfEven((to[1] - size) / 2),
        size: [size, size] as const,
      }
      return resizePart(image, { size: to, filter, crop })
    },
  }
}

/** {@link resizeCrop} by name: a JSON value. */
export interface ResizeCropConfig extends ResizeCropOptions {
  readonly name: 'resize-crop'
}

/** The entry of the table. */
export const resizeCropEntry: Entry<ResizeCropConfig, ImageTransform> = {
  name: 'resize-crop',
  schema: schema.record<ResizeCropConfig>({
    name: schema.oneOf(['resize-crop']),
    size: schema.integer({ from: 1 }),
    filter: schema.optional(schema.oneOf(resizeFilters)),
  }),
  make: ({ name, ...options }) => resizeCrop(options),
}
