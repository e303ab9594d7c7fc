import { checkNumber, checkOptions, type Entry, schema } from '@cascade-diffusion/checks'
import { sizeOfImage } from '../images/image-size.ts'
import type { ImageTransform } from './image-transform.ts'

/** Options of {@link randomFlip}. */
export interface RandomFlipOptions {
  /** The probability that an image is mirrored. Default 0.5. */
  readonly probability?: number
}

/**
 * Mirrors an image left to right, or leaves it as it is.
 * @throws if an option is unknown or wrong.
 */
export function randomFlip(options: RandomFlipOptions = {}): ImageTransform<boolean> {
  checkOptions('randomFlip', options, { probability: true })
  const { probability = 0.5 } = options
  checkNumber('randomFlip', 'a probability', probability, { from: 0, to: 1 })
  return {
    name: 'random-flip',
    config: { name: 'random-flip', probability },
    draw: (rng, place) => rng.fold('flip').integers([], 0, 2 ** 24, place).data[0]! >= (1 - probability) * 2 ** 24,
    apply(image, flip) {
      if (!flip) return image
      const { shape, data } = image
      const width = sizeOfImage(image)[1]
      const channels = shape[2]!
      const out = new Uint8Array(data.length)
      for (let row = 0; row < data.length; row += width * channels)
        for (let x = 0; x < width; x++)
          for (let c = 0; c < channels; c++) out[row + x * channels + c] = data[row + (width - 1 - x) * channels + c]!
      return { shape, data: out }
    },
  }
}

/** {@link randomFlip} by name: a JSON value. */
export interface RandomFlipConfig extends RandomFlipOptions {
  readonly name: 'random-flip'
}

/** The entry of the table. */
export const randomFlipEntry: Entry<RandomFlipConfig, ImageTransform> = {
  name: 'random-flip',
  schema: schema.record<RandomFlipConfig>({
    name: schema.oneOf(['random-flip']),
    probability: schema.optional(schema.number({ from: 0, to: 1 })),
  }),
  make: ({ name, ...options }) => randomFlip(options),
}
