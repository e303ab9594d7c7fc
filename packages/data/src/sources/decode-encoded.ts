import { CascadeError } from '@cascade-diffusion/checks'
import { type DecodeOptions, decodeInto } from '../decode/decode-image.ts'
import { newRoom, type Room } from '../decode/room.ts'
import type { ByteImages } from '../images/byte-images.ts'
import { type ImageSize, shownSize, sizeOfImage } from '../images/image-size.ts'
import type { EncodedImage } from './encoded-images.ts'

/** How the encoded images of a source become pixels. */
export interface Decoding {
  readonly decoding: DecodeOptions
  /** The size of all images, if the source has one. */
  readonly size: ImageSize | undefined
}

/**
 * Reads and decodes an encoded image of a source.
 * @throws {CascadeError} of code `file` or `data` that names the image if it cannot be read or decoded, or the source has another size.
 */
export async function decodeEncoded(
  image: EncodedImage,
  { decoding, size }: Decoding,
  read: (image: EncodedImage) => Uint8Array | Promise<Uint8Array>,
  room: Room = newRoom,
): Promise<ByteImages> {
  const decoded = await decodeInto(room, await read(image), decoding, image.name)
  const own = sizeOfImage(decoded)
  if (!size || (own[0] === size[0] && own[1] === size[1])) return decoded
  throw new CascadeError(
    'data',
    `${image.name}: expected images of one size, ${shownSize(size)}, got ${shownSize(own)}`,
  )
}
