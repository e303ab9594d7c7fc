import { type Entry, schema } from '@cascade-diffusion/checks'
import type { ImageSource } from '../sources/image-source.ts'
import { type NpzImagesOptions, npzImages } from './npz-images.ts'

/** {@link npzImages} by name: a JSON value. */
export interface NpzConfig extends NpzImagesOptions {
  readonly name: 'npz'
  /** A `.npz` or `.npy` file. */
  readonly path: string
}

/** The entry of the table. */
export const npzEntry: Entry<NpzConfig, Promise<ImageSource>> = {
  name: 'npz',
  schema: schema.record<NpzConfig>({
    name: schema.oneOf(['npz']),
    path: schema.text(),
    images: schema.optional(schema.text()),
    labels: schema.optional(
      schema.value<string | false>('a text or false', (x) => x === false || (typeof x === 'string' && x !== ''), {
        anyOf: [{ type: 'string', minLength: 1 }, { const: false }],
      }),
    ),
    classNames: schema.optional(schema.list(schema.text(), 1)),
    layout: schema.optional(schema.oneOf(['NHWC', 'NCHW'])),
  }),
  make: ({ name, path, ...options }) => npzImages(path, options),
}
