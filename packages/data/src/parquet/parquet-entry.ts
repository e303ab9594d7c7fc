import { type Entry, schema } from '@cascade-diffusion/checks'
import { decodingSchema } from '../decode/decode-options.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { type ParquetImagesOptions, parquetImages } from './parquet-images.ts'

/** {@link parquetImages} by name: a JSON value. */
export interface ParquetConfig extends Omit<ParquetImagesOptions, 'progress' | 'signal'> {
  readonly name: 'parquet'
  /** A file, a folder of `.parquet` files, a pattern such as `data/train-*.parquet`, or a list of files. */
  readonly path: string | readonly string[]
}

/** The entry of the table. */
export const parquetEntry: Entry<ParquetConfig, Promise<ImageSource>> = {
  name: 'parquet',
  schema: schema.record<ParquetConfig>({
    name: schema.oneOf(['parquet']),
    path: schema.either(schema.text(), schema.list(schema.text(), 1), Array.isArray),
    image: schema.optional(schema.text()),
    label: schema.optional(
      schema.value<string | false>('a text or false', (x) => x === false || (typeof x === 'string' && x !== ''), {
        anyOf: [{ type: 'string', minLength: 1 }, { const: false }],
      }),
    ),
    classNames: schema.optional(schema.list(schema.text(), 1)),
    decoding: schema.optional(decodingSchema),
    cacheBytes: schema.optional(schema.integer({ from: 0 })),
  }),
  make: ({ name, path, ...options }) => parquetImages(path, options),
}
