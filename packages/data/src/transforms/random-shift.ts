import { checkInteger, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { sizeOfImage } from '../images/image-size.ts'
import { copyRows } from './copy-rows.ts'
import type { ImageTransform } from './image-transform.ts'

/** Options of {@link randomShift}. */
export interface RandomShiftOptions {
  /** The greatest shift along each axis, in pixels. Default 2. */
  readonly maxShift?: number
  /** The byte of pixels that come in from outside, 0 (black) to 255. Default 0. */
  readonly fill?: number
}

const randomShiftKeys: KnownKeys<RandomShiftOptions> = { maxShift: true, fill: true }

/**
 * Shifts an image by whole pixels, drawn uniformly from -maxShift to maxShift for each axis.
 * @throws if an option is unknown or wrong.
 */
export function randomShift(options: RandomShiftOptions = {}): ImageTransform<readonly [down: number, right: number]> {
  checkOptions('randomShift', options, randomShiftKeys)
  const { maxShift = 2, fill = 0 } = options
  checkInteger('randomShift', 'maxShift', maxShift, { from: 0 })
  checkInteger('randomShift', 'a fill', fill, { from: 0, to: 255 })
  return {
    name: 'random-shift',
    config: { name: 'random-shift', maxShift, fill },
    draw(rng, place) {
      // From the key itself, as the first versions drew it; others fold a label into it.
      const [down, right] = rng.integers([2], -maxShift, maxShift + 1, 2 * place).data
      return [down!, right!]
    },
    apply: (image, shift) => copyRows(image, sizeOfImage(image), shift, fill),
  }
}

/** {@link randomShift} by name: a JSON value. */
export interface RandomShiftConfig extends RandomShiftOptions {
  readonly name: 'random-shift'
}

/** The entry of the table. */
export const randomShiftEntry: Entry<RandomShiftConfig, ImageTransform> = {
  name: 'random-shift',
  schema: schema.record<RandomShiftConfig>({
    name: schema.oneOf(['random-shift']),
    maxShift: schema.optional(schema.integer({ from: 0 })),
    fill: schema.optional(schema.integer({ from: 0, to: 255 })),
  }),
  make: ({ name, ...options }) => randomShift(options),
}
