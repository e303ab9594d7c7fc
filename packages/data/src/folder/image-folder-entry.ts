import { type Entry, schema } from '@cascade-diffusion/checks'
import { decodingSchema } from '../decode/decode-options.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { type ImageFolderOptions, imageFolder } from './image-folder.ts'
import type { Manifest } from './manifest.ts'

/** {@link imageFolder} by name: a JSON value. */
export interface ImageFolderConfig extends ImageFolderOptions {
  readonly name: 'image-folder'
  readonly path: string
}

/** The entry of the table of sources. */
export const imageFolderEntry: Entry<ImageFolderConfig, Promise<ImageSource>> = {
  name: 'image-folder',
  schema: schema.record<ImageFolderConfig>({
    name: schema.oneOf(['image-folder']),
    path: schema.text(),
    classes: schema.optional(schema.oneOf(['folders', 'none'])),
    manifest: schema.optional(
      schema.record<Manifest>({
        path: schema.text(),
        file: schema.optional(schema.text()),
        label: schema.optional(schema.text()),
        classNames: schema.optional(schema.list(schema.text(), 1)),
      }),
    ),
    extensions: schema.optional(schema.list(schema.text(), 1)),
    hidden: schema.optional(schema.flag()),
    emptyClasses: schema.optional(schema.flag()),
    sameSize: schema.optional(schema.flag()),
    decoding: schema.optional(decodingSchema),
  }),
  make: ({ name, path, ...options }) => imageFolder(path, options),
}
