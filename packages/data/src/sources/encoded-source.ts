import { CascadeError } from '@cascade-diffusion/checks'
import { decodeImage } from '../decode/decode-image.ts'
import type { ByteImages } from '../images/byte-images.ts'
import { type ImageSize, shownSize, sizeOfImage } from '../images/image-size.ts'
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
      const decoded = images.map(async (image) =>
        checkSize(image.name, await decodeImage(await readEncoded(image), encoded.decoding, image.name), size),
      )
      return { images: await Promise.all(decoded), labels }
    },
  }
}

/** @throws {CascadeError} of code `data` that names the image if the source has another size. */
function checkSize(name: string, image: ByteImages, size: ImageSize | undefined): ByteImages {
  const own = sizeOfImage(image)
  if (!size || (own[0] === size[0] && own[1] === size[1])) return image
  throw new CascadeError('data', `${name}: expected images of one size, ${shownSize(size)}, got ${shownSize(own)}`)
}
