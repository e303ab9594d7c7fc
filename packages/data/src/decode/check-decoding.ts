import {
  CascadeError,
  checkFlag,
  checkOptions,
  type KnownKeys,
  type Schema,
  schema,
  shown,
} from '@cascade-diffusion/checks'
import { isChannels } from '../images/channels.ts'
import type { DecodeOptions } from './decode-image.ts'

const keys: KnownKeys<DecodeOptions> = { channels: true, orientation: true }

/** @throws {CascadeError} of code `input` unless the options are those of decoding. */
export function checkDecoding(where: string, decoding: DecodeOptions): void {
  checkOptions(`${where}: decoding`, decoding, keys)
  const { channels = 3, orientation = true } = decoding
  if (!isChannels(channels))
    throw new CascadeError('input', `${where}: expected decoding.channels, 1 to 4, got ${shown(channels)}`)
  checkFlag(where, 'decoding.orientation', orientation)
}

/** The schema of {@link DecodeOptions}. */
export const decodingSchema: Schema<DecodeOptions> = schema.record<DecodeOptions>({
  channels: schema.optional(schema.integer({ from: 1, to: 4 })),
  orientation: schema.optional(schema.flag()),
})
