import { CascadeError, checkOptions, type Entry, schema } from '@cascade-diffusion/checks'
import { type ImageSize, imageSize, shownSize, sizeOfImage, sizeSchema } from '../../images/image-size.ts'
import { copyRows } from '../copy-rows.ts'
import type { ImageTransform } from '../image-transform.ts'

/** Options of {@link centerCrop}. */
export interface CenterCropOptions {
  /** The new side, or [height, width]. Default: the largest square of each image. */
  readonly size?: number | ImageSize
}

/**
 * Cuts out the middle of an image. An odd pixel is cut off below and on the right.
 * @throws if an option is unknown or wrong; when it is applied, on an image that is smaller.
 */
export function centerCrop(options: CenterCropOptions = {}): ImageTransform {
  checkOptions('centerCrop', options, { size: true })
  const fixed = options.size === undefined ? undefined : imageSize('centerCrop', options.size)
  const sizeOf = ([height, width]: ImageSize): ImageSize => {
    const side = Math.min(height, width)
    const to = fixed ?? ([side, side] as const)
    if (to[0] <= height && to[1] <= width) return to
    throw new CascadeError(
      'data',
      `centerCrop: expected images of at least ${shownSize(to)}, got ${shownSize([height, width])}`,
    )
  }
  return {
    name: 'center-crop',
    config: { name: 'center-crop', size: options.size },
    size: (from) => (from ? sizeOf(from) : fixed),
    apply(image) {
      const [height, width] = sizeOfImage(image)
      const to = sizeOf([height, width])
      return copyRows(image, to, [-Math.floor((height - to[0]) / 2), -Math.floor((width - to[1]) / 2)])
    },
  }
}

/** {@link centerCrop} by name: a JSON value. */
export interface CenterCropConfig extends CenterCropOptions {
  readonly name: 'center-crop'
}

/** The entry of the table. */
export const centerCropEntry: Entry<CenterCropConfig, ImageTransform> = {
  name: 'center-crop',
  schema: schema.record<CenterCropConfig>({
    name: schema.oneOf(['center-crop']),
    size: schema.optional(sizeSchema),
  }),
  make: ({ name, ...options }) => centerCrop(options),
}
