import { int32 } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkNumber,
  checkOneOf,
  checkOptions,
  type Entry,
  schema,
  shownPair,
} from '@cascade-diffusion/checks'
import {
  add,
  clipByValue,
  div,
  gather,
  greater,
  mul,
  reshape,
  round,
  sub,
  type Tensor1D,
  type Tensor4D,
  tensor2d,
  where,
} from '@tensorflow/tfjs-core'
import type { ConditioningAugmentation } from '../augmentation.ts'
import { throughJpeg } from './codec.ts'
import { steps } from './tables.ts'

/** What {@link jpegCompression} draws. */
export type JpegCompressionDraw = {
  /** The quality of each image, int32 [n]: 1 to 100, or 0 where it stays as it is. */
  readonly quality: Tensor1D
}

/** Options of {@link jpegCompression}. */
export interface JpegCompressionOptions {
  /** libjpeg's quality is uniform over the integers from low to high, both included, within 1 to 100. */
  readonly quality: readonly [low: number, high: number]
  /** The share of the training images that are compressed. Default 0.5. */
  readonly probability?: number
  /** Whether the colours have half of the resolution, `4:2:0`, or all of it, `4:4:4`. Default: `4:2:0`, as libjpeg. */
  readonly chromaSubsampling?: '4:2:0' | '4:4:4'
}

const subsamplings = ['4:2:0', '4:4:4'] as const

const isQuality = (range: unknown): range is readonly [number, number] =>
  Array.isArray(range) &&
  range.length === 2 &&
  range.every((end) => Number.isSafeInteger(end) && end >= 1 && end <= 100) &&
  range[0] <= range[1]

/**
 * JPEG compression of a random quality, without the file: images come out as libjpeg decodes what it encoded. Images of
 * three channels are RGB, those of one are grey. In sampling the level is 100 less the quality, and level 0, the default,
 * is no compression. The network is not conditioned on the quality. Images are rounded to bytes first, and no gradient
 * passes.
 * @throws if an option is out of range; and while drawing, if the images have not 1 or 3 channels.
 */
export function jpegCompression(options: JpegCompressionOptions): ConditioningAugmentation<JpegCompressionDraw> {
  checkOptions('jpegCompression', options, { quality: true, probability: true, chromaSubsampling: true })
  const { quality, probability = 0.5, chromaSubsampling = '4:2:0' } = options
  if (!isQuality(quality))
    throw new CascadeError(
      'input',
      `jpegCompression: expected quality, [low, high], integers from 1 to 100, got ${shownPair(quality)}`,
    )
  checkNumber('jpegCompression', 'probability', probability, { from: 0, to: 1 })
  checkOneOf('jpegCompression', 'chromaSubsampling', chromaSubsampling, subsamplings)
  const [low, high] = quality
  return {
    name: 'jpeg',
    maxLevel: 100 - low,
    draw({ shape, rng, level, firstIndex = 0 }) {
      const [n, , , channels] = shape as readonly [number, number, number, number]
      if (channels !== 1 && channels !== 3)
        throw new CascadeError('input', `jpeg: expected images of 1 or 3 channels, got ${channels}`)
      const key = rng.fold('augmentation')
      const coins = key.fold('compressed').uniform([n], firstIndex).data
      const qualities = key.fold('quality').integers([n], low, high + 1, firstIndex).data
      const given = level === 0 ? 0 : 100 - (level ?? 0)
      return {
        quality: int32(
          Array.from(qualities, (drawn, i) => (level !== undefined ? given : coins[i]! < probability ? drawn : 0)),
        ),
      }
    },
    apply(z, { quality }) {
      const ofEach = (table: Float32Array<ArrayBuffer>) => gather(tensor2d(table, [101, 64]), quality)
      const bytes = clipByValue(round(mul(add(z, 1), 127.5)), 0, 255) as Tensor4D
      const tables = { brightness: ofEach(steps.brightness), colour: ofEach(steps.colour) }
      const decoded = throughJpeg(bytes, tables, chromaSubsampling === '4:2:0')
      const compressed = reshape(greater(quality, 0), [-1, 1, 1, 1])
      return where(compressed, sub(div(decoded, 127.5), 1), z) as Tensor4D
    },
  }
}

/** {@link jpegCompression} by name: a JSON value. */
export interface JpegCompressionConfig extends JpegCompressionOptions {
  readonly name: 'jpeg'
}

/** The entry of the table. */
export const jpegEntry: Entry<JpegCompressionConfig, ConditioningAugmentation> = {
  name: 'jpeg',
  schema: schema.record<JpegCompressionConfig>({
    name: schema.oneOf(['jpeg']),
    quality: schema.value('[low, high], integers from 1 to 100', isQuality, {
      type: 'array',
      items: { type: 'integer', minimum: 1, maximum: 100 },
      minItems: 2,
      maxItems: 2,
    }),
    probability: schema.optional(schema.number({ from: 0, to: 1 })),
    chromaSubsampling: schema.optional(schema.oneOf(subsamplings)),
  }),
  make: ({ name, ...options }) => jpegCompression(options),
}
