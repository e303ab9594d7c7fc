import { checkOneOf, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { type ImageSize, imageSize, sizeSchema } from '../images/image-size.ts'
import { type ResizeFilter, resizeFilters } from '../resize/resize-image.ts'
import { resized } from '../resize/resize-part.ts'
import type { ImageTransform } from './image-transform.ts'

/** Options of {@link resize}. */
export interface ResizeOptions {
  /** The new side, or [height, width]. */
  readonly size: number | ImageSize
  /** A filter of `resizeImage`. Default `box`, for images that become smaller. */
  readonly filter?: ResizeFilter
}

const resizeKeys: KnownKeys<ResizeOptions> = { size: true, filter: true }

/**
 * Makes an image larger or smaller as `resizeImage` does. An image of another shape is squeezed: crop it first, or see `resizeCrop`.
 * @throws if an option is unknown or wrong.
 */
export function resize(options: ResizeOptions): ImageTransform {
  checkOptions('resize', options, resizeKeys)
  const { size, filter = 'box' } = options
  const to = imageSize('resize', size)
  checkOneOf('resize', 'a filter', filter, resizeFilters)
  return {
    name: 'resize',
    // The default is left out: checkpoints of the time when there was no other filter are resumed.
    config: { name: 'resize', size, filter: filter === 'box' ? undefined : filter },
    size: () => to,
    apply: (image) => resized(image, to, filter),
  }
}

/** {@link resize} by name: a JSON value. */
export interface ResizeConfig extends ResizeOptions {
  readonly name: 'resize'
}

/** The entry of the table. */
export const resizeEntry: Entry<ResizeConfig, ImageTransform> = {
  name: 'resize',
  schema: schema.record<ResizeConfig>({
    name: schema.oneOf(['resize']),
    size: sizeSchema,
    filter: schema.optional(schema.oneOf(resizeFilters)),
  }),
  make: ({ name, ...options }) => resize(options),
}
