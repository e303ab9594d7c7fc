import { type Entry, schema } from '@cascade-diffusion/checks'
import type { ImageSource } from '../sources/image-source.ts'
import { type CifarOptions, cifar } from './cifar.ts'

/** {@link cifar} by name: a JSON value. */
export interface CifarConfig extends CifarOptions {
  readonly name: 'cifar'
  readonly path: string
}

/** The entry of the table of sources. */
export const cifarEntry: Entry<CifarConfig, Promise<ImageSource>> = {
  name: 'cifar',
  schema: schema.record<CifarConfig>({
    name: schema.oneOf(['cifar']),
    path: schema.text(),
    split: schema.oneOf(['train', 'test']),
    set: schema.optional(schema.oneOf(['cifar10', 'cifar100'])),
    labels: schema.optional(schema.oneOf(['fine', 'coarse'])),
  }),
  make: ({ name, path, ...options }) => cifar(path, options),
}
