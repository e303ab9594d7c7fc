import { type Entry, schema } from '@cascade-diffusion/checks'
import type { ImageSource } from '../sources/image-source.ts'
import { preparedImages } from './prepared-images.ts'

/** `preparedImages` by name: a JSON value. */
export interface PreparedConfig {
  readonly name: 'prepared'
  /** The folder that `prepareImages` wrote. */
  readonly path: string
  /** Whether checksums are compared. Default false. */
  readonly verify?: boolean
}

/** The entry of the table of sources. */
export const preparedEntry: Entry<PreparedConfig, Promise<ImageSource>> = {
  name: 'prepared',
  schema: schema.record<PreparedConfig>({
    name: schema.oneOf(['prepared']),
    path: schema.text(),
    verify: schema.optional(schema.flag()),
  }),
  make: ({ name, path, ...options }) => preparedImages(path, options),
}
