import { checkOptions, type KnownKeys } from '@cascade-diffusion/checks'
import { checkEncoded, checkIndices, checkSource } from './check-source.ts'
import { decodeEncoded } from './decode-encoded.ts'
import type { EncodedImages } from './encoded-images.ts'
import type { ImageSource, ReadImages } from './image-source.ts'
import { locateImages } from './locate-images.ts'
import { readEncoded } from './read-encoded.ts'

/** What {@link encodedSource} makes a source of. */
export interface EncodedSourceOptions extends Omit<ImageSource, 'read' | 'encoded' | 'channels'> {
  readonly encoded: EncodedImages
}

const sourceKeys: KnownKeys<EncodedSourceOptions> = {
  name: true,
  count: true,
  classNames: true,
  size: true,
  encoded: true,
  readLabels: true,
}

/** A source of encoded images. {@link encodedSource} makes it. */
export interface EncodedSource extends ImageSource {
  readonly encoded: EncodedImages
}

/**
 * The source of encoded images: files, or parts of files. `read` decodes them, several at once; a loader decodes them in threads.
 * Its channels are those of the decoding.
 * @throws {CascadeError} of code `input` if an option is missing, unknown or wrong.
 */
export function encodedSource(options: EncodedSourceOptions): EncodedSource {
  checkOptions('encodedSource', options, sourceKeys)
  const { name, size } = options
  checkEncoded('encodedSource', options.encoded)
  const { decoding } = options.encoded
  const { channels = 3 } = decoding
  const encoded: EncodedImages = {
    decoding,
    async locate(indices) {
      checkIndices(name, options, indices)
      return options.encoded.locate(indices)
    },
  }
  return checkSource('encodedSource', {
    ...options,
    encoded,
    channels,
    async read(indices): Promise<ReadImages> {
      const { images, labels } = await locateImages(name, encoded, indices)
      const decoded = images.map((image) => decodeEncoded(image, { decoding, size }, readEncoded))
      return { images: await Promise.all(decoded), labels }
    },
  })
}
