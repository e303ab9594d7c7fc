import { CascadeError, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { type ImageSize, imageSize, shownSize, sizeOfImage, sizeSchema } from '../../images/image-size.ts'
import { copyRows } from '../copy-rows.ts'
import type { ImageTransform } from '../image-transform.ts'
import { below, fractions } from './fractions.ts'

/** Options of {@link randomCrop}. */
export interface RandomCropOptions {
  /** The new side, or [height, width]. */
  readonly size: number | ImageSize
}

const randomCropKeys: KnownKeys<RandomCropOptions> = { size: true }

/**
 * Cuts out a part of an image, each place as likely as any other.
 * @throws if an option is unknown or wrong; when it is applied, on an image that is smaller.
 */
export function randomCrop(options: RandomCropOptions): ImageTransform<readonly number[]> {
  checkOptions('randomCrop', options, randomCropKeys)
  const { size } = options
  const to = imageSize('randomCrop', size)
  const check = (from: ImageSize): void => {
    if (from[0] < to[0] || from[1] < to[1])
      throw new CascadeError('data', `randomCrop: expected images of at least ${shownSize(to)}, got ${shownSize(from)}`)
  }
  return {
    name: 'random-crop',
    config: { name: 'random-crop', size },
    size(from) {
      if (from) check(from)
      return to
    },
    draw: (rng, place) => fractions(rng.fold('random-crop'), 2, place),
    apply(image, [top, left]) {
      const [height, width] = sizeOfImage(image)
      check([height, width])
      return copyRows(image, to, [-below(height - to[0] + 1, top!), -below(width - to[1] + 1, left!)])
    },
  }
}

/** {@link randomCrop} by name: a JSON value. */
export interface RandomCropConfig extends RandomCropOptions {
  readonly name: 'random-crop'
}

/** The entry of the table. */
export const randomCropEntry: Entry<RandomCropConfig, ImageTransform<readonly number[]>> = {
  name: 'random-crop',
  schema: schema.record<RandomCropConfig>({ name: schema.oneOf(['random-crop']), size: sizeSchema }),
  make: ({ name, ...options }) => randomCrop(options),
}
