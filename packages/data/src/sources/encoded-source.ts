import { decodeEncoded } from './decode-encoded.ts'
import type { EncodedImages } from './encoded-images.ts'
import type { ImageSource, ReadImages } from './image-source.ts'
import { readEncoded } from './read-encoded.ts'

/** What {@link encodedSource} makes a source of. */
export interface EncodedSourceOptions extends Omit<ImageSource, 'read' | 'encoded' | 'channels'> {
  readonly encoded: EncodedImages
}

/** A source of encoded images. {@link encodedSource} makes it. */
export interface EncodedSource extends ImageSource {
  readonly encoded: EncodedImages
}

/**
 * The source of encoded images: files, or parts of files. `read` decodes them, several at once; a loader decodes them in threads.
 * Its channels are those of the decoding.
 */
export function encodedSource(options: EncodedSourceOptions): EncodedSource {
  const { encoded, size } = options
  const { channels = 3 } = encoded.decoding
  return {
    ...options,
    channels,
    async read(indices): Promise<ReadImages> {
      const { images, labels } = await encoded.locate(indices)
      const decoded = images.map((image) => decodeEncoded(image, { decoding: encoded.decoding, size }, readEncoded))
      return { images: await Promise.all(decoded), labels }
    },
  }
}
