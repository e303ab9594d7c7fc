import { type Entry, schema } from '@cascade-diffusion/checks'
import { decodingSchema } from '../decode/decode-options.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { type LsunClasses, type LsunOptions, lsunLmdb } from './lsun-lmdb.ts'

/** {@link lsunLmdb} by name: a JSON value. */
export interface LsunConfig extends LsunOptions {
  readonly name: 'lsun'
  readonly path: string | LsunClasses
}

const classes = schema.either(
  schema.byName<string>('paths by the names of classes', schema.text()),
  schema.list(schema.text(), 1),
  Array.isArray,
)

/** The entry of the table of sources. */
export const lsunEntry: Entry<LsunConfig, Promise<ImageSource>> = {
  name: 'lsun',
  schema: schema.record<LsunConfig>({
    name: schema.oneOf(['lsun']),
    path: schema.either(classes, schema.text(), (path) => typeof path === 'string'),
    database: schema.optional(schema.text()),
    decoding: schema.optional(decodingSchema),
  }),
  make: ({ name, path, ...options }) => (typeof path === 'string' ? lsunLmdb(path, options) : lsunLmdb(path, options)),
}
