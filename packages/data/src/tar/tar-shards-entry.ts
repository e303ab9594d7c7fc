import { type Entry, schema } from '@cascade-diffusion/checks'
import { decodingSchema } from '../decode/decode-options.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { type TarShardsOptions, tarShards } from './tar-shards.ts'

/** {@link tarShards} by name: a JSON value. */
export interface TarShardsConfig extends Omit<TarShardsOptions, 'progress' | 'signal'> {
  readonly name: 'tar-shards'
  /** A shard, a pattern such as `train-{000..146}.tar`, a folder, or a list of them. */
  readonly path: string | readonly string[]
}

/** The entry of the table of sources. */
export const tarShardsEntry: Entry<TarShardsConfig, Promise<ImageSource>> = {
  name: 'tar-shards',
  schema: schema.record<TarShardsConfig>({
    name: schema.oneOf(['tar-shards']),
    path: schema.either(schema.text(), schema.list(schema.text(), 1), Array.isArray),
    image: schema.optional(schema.list(schema.text(), 1)),
    label: schema.optional(schema.text()),
    labelField: schema.optional(schema.text()),
    classNames: schema.optional(schema.list(schema.text(), 1)),
    incomplete: schema.optional(schema.oneOf(['fail', 'skip'])),
    index: schema.optional(schema.text()),
    decoding: schema.optional(decodingSchema),
  }),
  make: ({ name, path, ...options }) => tarShards(path, options),
}
