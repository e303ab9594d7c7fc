import {
  CascadeError,
  checkInteger,
  checkNumber,
  checkOptions,
  type Entry,
  type KnownKeys,
  schema,
} from '@cascade-diffusion/checks'
import type { ImageTransform } from '../image-transform.ts'
import { below, fractions } from './fractions.ts'
import { halvedCrop } from './halved.ts'

/** Options of {@link admRandomCrop}. */
export interface AdmRandomCropOptions {
  /** The new side. */
  readonly size: number
  /** The least part of the shorter side that is kept. Default 0.8. */
  readonly minFraction?: number
  /** The greatest part of the shorter side that is kept. Default 1. */
  readonly maxFraction?: number
}

const admRandomCropKeys: KnownKeys<AdmRandomCropOptions> = { size: true, minFraction: true, maxFraction: true }

/**
 * The random crop of OpenAI's diffusion models (`random_crop_arr` of guided-diffusion): as `admCrop`, but the shorter side becomes an
 * integer drawn from ⌈size / maxFraction⌉ to ⌈size / minFraction⌉, and the place of the crop is drawn. For the same draws it is equal
 * byte for byte.
 * @throws if an option is unknown or wrong.
 */
export function admRandomCrop(options: AdmRandomCropOptions): ImageTransform<readonly number[]> {
  checkOptions('admRandomCrop', options, admRandomCropKeys)
  const { size, minFraction = 0.8, maxFraction = 1 } = options
  checkInteger('admRandomCrop', 'a size', size, { from: 1 })
  for (const fraction of [minFraction, maxFraction])
    checkNumber('admRandomCrop', 'a fraction', fraction, { from: 0.01, to: 1 })
  if (minFraction > maxFraction)
    throw new CascadeError(
      'input',
      `admRandomCrop: expected minFraction at most maxFraction, got ${minFraction} and ${maxFraction}`,
    )
  const [least, greatest] = [Math.ceil(size / maxFraction), Math.ceil(size / minFraction)]
  return {
    name: 'adm-random-crop',
    config: { name: 'adm-random-crop', size, minFraction, maxFraction },
    size: () => [size, size],
    draw: (rng, place) => fractions(rng.fold('adm-random-crop'), 3, place),
    apply: (image, [side, top, left]) =>
      halvedCrop(image, least + below(greatest - least + 1, side!), size, ([height, width]) => [
        below(height - size + 1, top!),
        below(width - size + 1, left!),
      ]),
  }
}

/** {@link admRandomCrop} by name: a JSON value. */
export interface AdmRandomCropConfig extends AdmRandomCropOptions {
  readonly name: 'adm-random-crop'
}

/** The entry of the table. */
export const admRandomCropEntry: Entry<AdmRandomCropConfig, ImageTransform<readonly number[]>> = {
  name: 'adm-random-crop',
  schema: schema.record<AdmRandomCropConfig>({
    name: schema.oneOf(['adm-random-crop']),
    size: schema.integer({ from: 1 }),
    minFraction: schema.optional(schema.number({ from: 0.01, to: 1 })),
    maxFraction: schema.optional(schema.number({ from: 0.01, to: 1 })),
  }),
  make: ({ name, ...options }) => admRandomCrop(options),
}
