import { type Entry, schema } from '@cascade-diffusion/checks'
import { decodingSchema } from '../decode/decode-options.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { type ImageNetOptions, imageNet } from './image-net.ts'

/** {@link imageNet} by name: a JSON value. */
export interface ImageNetConfig extends ImageNetOptions {
  readonly name: 'imagenet'
  readonly path: string
}

/** The entry of the table of sources. */
export const imageNetEntry: Entry<ImageNetConfig, Promise<ImageSource>> = {
  name: 'imagenet',
  schema: schema.record<ImageNetConfig>({
    name: schema.oneOf(['imagenet']),
    path: schema.text(),
    split: schema.oneOf(['train', 'val']),
    devkit: schema.optional(schema.text()),
    decoding: schema.optional(decodingSchema),
  }),
  make: ({ name, path, ...options }) => imageNet(path, options),
}
