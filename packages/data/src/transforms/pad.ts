import { CascadeError, checkInteger, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { type ImageSize, imageSize, shownSize, sizeOfImage, sizeSchema } from '../images/image-size.ts'
import { copyRows } from './copy-rows.ts'
import type { ImageTransform } from './image-transform.ts'

/** Options of {@link pad}. */
export interface PadOptions {
  /** The new side, or [height, width]. */
  readonly size: number | ImageSize
  /** The byte of new pixels, 0 (black) to 255. Default 0. */
  readonly fill?: number
}

const padKeys: KnownKeys<PadOptions> = { size: true, fill: true }

/**
 * Puts an image into the middle of a larger one. An odd pixel is added below and on the right.
 * @throws if an option is unknown or wrong; when it is applied, on an image that is larger.
 */
export function pad(options: PadOptions): ImageTransform {
  checkOptions('pad', options, padKeys)
  const { size, fill = 0 } = options
  const to = imageSize('pad', size)
  checkInteger('pad', 'a fill', fill, { from: 0, to: 255 })
  const check = (from: ImageSize): void => {
    if (from[0] > to[0] || from[1] > to[1])
      throw new CascadeError('data', `pad: expected images of at most ${shownSize(to)}, got ${shownSize(from)}`)
  }
  return {
    name: 'pad',
    config: { name: 'pad', size, fill },
    size(from) {
      if (from) check(from)
      return to
    },
    apply(image) {
      const [height, width] = sizeOfImage(image)
      check([height, width])
      return copyRows(image, to, [Math.floor((to[0] - height) / 2), Math.floor((to[1] - width) / 2)], fill)
    },
  }
}

/** {@link pad} by name: a JSON value. */
export interface PadConfig extends PadOptions {
  readonly name: 'pad'
}

/** The entry of the table. */
export const padEntry: Entry<PadConfig, ImageTransform> = {
  name: 'pad',
  schema: schema.record<PadConfig>({
    name: schema.oneOf(['pad']),
    size: sizeSchema,
    fill: schema.optional(schema.integer({ from: 0, to: 255 })),
  }),
  make: ({ name, ...options }) => pad(options),
}
