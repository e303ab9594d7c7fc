import {
  CascadeError,
  checkFlag,
  checkInteger,
  checkOptions,
  type KnownKeys,
  type Schema,
  schema,
  shown,
} from '@cascade-diffusion/checks'
import { isChannels } from '../images/channels.ts'

/** How encoded images become pixels: a JSON value. */
export interface DecodeOptions {
  /**
   * The channels of the result: 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA); images of others are converted.
   * Default 3.
   */
  readonly channels?: 1 | 2 | 3 | 4
  /** Whether an image is turned upright as its EXIF orientation says. Default true. */
  readonly orientation?: boolean
  /**
   * Whether JPEG files are decoded by `@julusian/jpeg-turbo`, an optional peer, in a third of the time. Its inverse
   * cosine transform is a fast one: bytes differ from the exact ones by 1 on average. Default false.
   */
  readonly fast?: boolean
  /**
   * The most pixels that an image may have: larger ones are refused before they are decoded. Default 178,956,970, as
   * in Pillow.
   */
  readonly maxPixels?: number
}

/** {@link DecodeOptions} with their defaults. */
export type Decoding = Required<DecodeOptions>

const keys: KnownKeys<DecodeOptions> = { channels: true, orientation: true, fast: true, maxPixels: true }

/**
 * The options of decoding with their defaults.
 * @throws {CascadeError} of code `input` if one is unknown or wrong.
 */
export function checkDecoding(where: string, options: DecodeOptions): Decoding {
  checkOptions(`${where}: decoding`, options, keys)
  const { channels = 3, orientation = true, fast = false, maxPixels = 178_956_970 } = options
  if (!isChannels(channels))
    throw new CascadeError('input', `${where}: expected decoding.channels, 1 to 4, got ${shown(channels)}`)
  return {
    channels,
    orientation: checkFlag(where, 'decoding.orientation', orientation),
    fast: checkFlag(where, 'decoding.fast', fast),
    maxPixels: checkInteger(where, 'decoding.maxPixels', maxPixels, { from: 1 }),
  }
}

/** The schema of {@link DecodeOptions}. */
export const decodingSchema: Schema<DecodeOptions> = schema.record<DecodeOptions>({
  channels: schema.optional(schema.oneOf([1, 2, 3, 4])),
  orientation: schema.optional(schema.flag()),
  fast: schema.optional(schema.flag()),
  maxPixels: schema.optional(schema.integer({ from: 1 })),
})
