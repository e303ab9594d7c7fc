import { type Entry, schema } from '@cascade-diffusion/checks'
import type { ImageSource } from '../sources/image-source.ts'
import { type IdxOptions, idxImages } from './idx-images.ts'

/** `idxImages` by name: a JSON value. What it calls the images is their file. */
export interface IdxConfig extends Omit<IdxOptions, 'name'> {
  readonly name: 'idx'
}

/** The entry of the table of sources. */
export const idxEntry: Entry<IdxConfig, Promise<ImageSource>> = {
  name: 'idx',
  schema: schema.record<IdxConfig>({
    name: schema.oneOf(['idx']),
    images: schema.text(),
    labels: schema.optional(schema.text()),
    classNames: schema.optional(schema.list(schema.text(), 1)),
    firstLabel: schema.optional(schema.integer({ from: 0, to: 255 })),
    transposed: schema.optional(schema.flag()),
  }),
  make: ({ name, ...options }) => idxImages(options),
}
