import {
  CascadeError,
  checkOneOf,
  checkOptions,
  type Entry,
  type KnownKeys,
  type Schema,
  schema,
  shown,
} from '@cascade-diffusion/checks'
import { type ImageSize, imageSize, sizeOfImage, sizeSchema } from '../../images/image-size.ts'
import { halfEven } from '../../resize/half-even.ts'
import { type ResizeFilter, resizeFilters } from '../../resize/resize-image.ts'
import { resized } from '../../resize/resize-part.ts'
import { copyRows } from '../copy-rows.ts'
import type { ImageTransform } from '../image-transform.ts'
import { below, fractions } from './fractions.ts'

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** The new side, or [height, width]. */
  readonly size: number | ImageSize
  /** The least and the greatest part of the area that is cut out, at most 1. Default [0.08, 1]. */
  readonly scale?: readonly [least: number, greatest: number]
  /** The least and the greatest width / height of what is cut out. Default [3 / 4, 4 / 3]. */
  readonly ratio?: readonly [least: number, greatest: number]
  /** A filter of `resizeImage`. Default `bilinear`. */
  readonly filter?: ResizeFilter
}

const randomResizedCropKeys: KnownKeys<RandomResizedCropOptions> = {
  size: true,
  scale: true,
  ratio: true,
  filter: true,
}

/** A part of an image. */
type Part = readonly [top: number, left: number, height: number, width: number]

const attempts = 10

/**
 * Cuts out a part of random area and aspect ratio, and resizes it: torchvision's `RandomResizedCrop`. The area is uniform, and so is the
 * logarithm of the ratio; after ten parts that do not fit into the image, its middle is taken.
 * @throws if an option is unknown or wrong.
 */
export function randomResizedCrop(options: RandomResizedCropOptions): ImageTransform<readonly number[]> {
  checkOptions('randomResizedCrop', options, randomResizedCropKeys)
  const { size, scale = [0.08, 1], ratio = [3 / 4, 4 / 3], filter = 'bilinear' } = options
  const to = imageSize('randomResizedCrop', size)
  checkRange('a scale', scale, 1)
  checkRange('a ratio', ratio, Number.POSITIVE_INFINITY)
  checkOneOf('randomResizedCrop', 'a filter', filter, resizeFilters)
  return {
    name: 'random-resized-crop',
    config: { name: 'random-resized-crop', size, scale, ratio, filter },
    size: () => to,
    draw: (rng, place) => fractions(rng.fold('random-resized-crop'), 2 * attempts + 2, place),
    apply(image, drawn) {
      const [top, left, height, width] = partOf(sizeOfImage(image), scale, ratio, drawn)
      return resized(copyRows(image, [height, width], [-top, -left]), to, filter)
    },
  }
}

function partOf(
  [height, width]: ImageSize,
  [leastScale, greatestScale]: readonly [number, number],
  [leastRatio, greatestRatio]: readonly [number, number],
  drawn: readonly number[],
): Part {
  for (let i = 0; i < attempts; i++) {
    const area = height * width * (leastScale + (greatestScale - leastScale) * drawn[2 * i]!)
    const logRatio = Math.log(leastRatio) + Math.log(greatestRatio / leastRatio) * drawn[2 * i + 1]!
    const [h, w] = [halfEven(Math.sqrt(area / Math.exp(logRatio))), halfEven(Math.sqrt(area * Math.exp(logRatio)))]
    if (h > 0 && h <= height && w > 0 && w <= width)
      return [below(height - h + 1, drawn[2 * attempts]!), below(width - w + 1, drawn[2 * attempts + 1]!), h, w]
  }
  const h = Math.max(1, Math.min(height, halfEven(width / leastRatio)))
  const w = Math.max(1, Math.min(width, halfEven(height * greatestRatio)))
  return [(height - h) >> 1, (width - w) >> 1, h, w]
}

function checkRange(what: string, range: readonly [number, number], greatest: number): void {
  const [least, most] = Array.isArray(range) && range.length === 2 ? range : []
  if (least! > 0 && least! <= most! && most! <= greatest && Number.isFinite(most)) return
  throw new CascadeError(
    'input',
    `randomResizedCrop: expected ${what}, [least, greatest] above 0${greatest === 1 ? ' and at most 1' : ''}, ` +
      `got ${Array.isArray(range) ? `[${range}]` : shown(range)}`,
  )
}

/** {@link randomResizedCrop} by name: a JSON value. */
export interface RandomResizedCropConfig extends RandomResizedCropOptions {
  readonly name: 'random-resized-crop'
}

const rangeSchema: Schema<readonly [number, number]> = schema.value(
  '[least, greatest]',
  (range) => Array.isArray(range) && range.length === 2 && range.every((x) => typeof x === 'number'),
  { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
)

/** The entry of the table. */
export const randomResizedCropEntry: Entry<RandomResizedCropConfig, ImageTransform<readonly number[]>> = {
  name: 'random-resized-crop',
  schema: schema.record<RandomResizedCropConfig>({
    name: schema.oneOf(['random-resized-crop']),
    size: sizeSchema,
    scale: schema.optional(rangeSchema),
    ratio: schema.optional(rangeSchema),
    filter: schema.optional(schema.oneOf(resizeFilters)),
  }),
  make: ({ name, ...options }) => randomResizedCrop(options),
}
