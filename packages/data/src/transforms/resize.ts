import { CascadeError, checkOptions, type Entry, schema } from '@cascade-diffusion/checks'
import { type ImageSize, imageSize, shownSize, sizeOfImage, sizeSchema } from '../images/image-size.ts'
import { resizeArea } from '../images/resize-area.ts'
import type { ImageTransform } from './image-transform.ts'

/** Options of {@link resize}. */
export interface ResizeOptions {
  /** The new side, or [height, width]. */
  readonly size: number | ImageSize
}

/**
 * Makes an image smaller as `resizeArea` does, rounded to bytes. An image of another shape is squeezed: crop it first.
 * @throws if an option is unknown or wrong; when it is applied, on an image that is smaller.
 */
export function resize(options: ResizeOptions): ImageTransform {
  checkOptions('resize', options, { size: true })
  const to = imageSize('resize', options.size)
  const check = (from: ImageSize): void => {
    if (from[0] < to[0] || from[1] < to[1])
      throw new CascadeError('data', `resize: expected images of at least ${shownSize(to)}, got ${shownSize(from)}`)
  }
  return {
    name: 'resize',
    config: { name: 'resize', size: options.size },
    size(from) {
      if (from) check(from)
      return to
    },
    apply(image) {
      const from = sizeOfImage(image)
      check(from)
      return from[0] === to[0] && from[1] === to[1] ? image : resizeArea(image, to)
    },
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
  }),
  make: ({ name, ...options }) => resize(options),
}
