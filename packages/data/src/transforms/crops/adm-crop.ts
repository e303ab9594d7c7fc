import { checkInteger, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import type { ImageTransform } from '../image-transform.ts'
import { halvedCrop } from './halved.ts'

/** Options of {@link admCrop}. */
export interface AdmCropOptions {
  /** The new side. */
  readonly size: number
}

const admCropKeys: KnownKeys<AdmCropOptions> = { size: true }

/**
 * The crop of OpenAI's diffusion models (ADM; `center_crop_arr` of guided-diffusion), byte for byte: an image is halved by means of 2×2
 * pixels while its shorter side is at least twice the new one, then resized by `bicubic` until that fits, and its middle is cut out.
 * @throws if an option is unknown or wrong.
 */
export function admCrop(options: AdmCropOptions): ImageTransform {
  checkOptions('admCrop', options, admCropKeys)
  const { size } = options
  checkInteger('admCrop', 'a size', size, { from: 1 })
  return {
    name: 'adm-crop',
    config: { name: 'adm-crop', size },
    size: () => [size, size],
    apply: (image) => halvedCrop(image, size, size, ([height, width]) => [(height - size) >> 1, (width - size) >> 1]),
  }
}

/** {@link admCrop} by name: a JSON value. */
export interface AdmCropConfig extends AdmCropOptions {
  readonly name: 'adm-crop'
}

/** The entry of the table. */
export const admCropEntry: Entry<AdmCropConfig, ImageTransform> = {
  name: 'adm-crop',
  schema: schema.record<AdmCropConfig>({ name: schema.oneOf(['adm-crop']), size: schema.integer({ from: 1 }) }),
  make: ({ name, ...options }) => admCrop(options),
}
