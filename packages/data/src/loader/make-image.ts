import { CascadeError } from '@cascade-diffusion/checks'
import { newRoom, type Room } from '../decode/room.ts'
import type { ByteImages } from '../images/byte-images.ts'
import { type Decoding, decodeEncoded } from '../sources/decode-encoded.ts'
import type { EncodedImage } from '../sources/encoded-images.ts'
import { applyTransforms } from '../transforms/apply-transforms.ts'
import type { ImageTransform } from '../transforms/image-transform.ts'
import { isImageError } from './unreadable.ts'

/** How the encoded images of a source become pixels, in any thread. */
export interface Recipe extends Decoding {
  /** The source, for errors. */
  readonly name: string
  readonly channels: number
  readonly transforms: readonly ImageTransform[]
}

/** An image to be made. */
export interface ImageTask {
  readonly encoded: EncodedImage
  /** Its index in the source, for errors. */
  readonly index: number
  /** What each transform draws for it. */
  readonly drawn: readonly unknown[]
}

/** An image, or why it could not be made. */
export type Made = ByteImages | CascadeError

/**
 * Reads, decodes and transforms an image. An error of the image itself is a result.
 * @throws other errors: a decoder that is not installed, for one.
 */
export async function makeImage(
  recipe: Recipe,
  { encoded, index, drawn }: ImageTask,
  read: (image: EncodedImage) => Uint8Array | Promise<Uint8Array>,
  room: Room = newRoom,
): Promise<Made> {
  const { name, channels, transforms } = recipe
  try {
    const image = await decodeEncoded(encoded, recipe, read, room)
    if (image.shape[2] !== channels)
      throw new CascadeError('data', `${name}: expected ${channels} channels, got ${image.shape[2]} in image ${index}`)
    return applyTransforms(name, transforms, image, drawn, index)
  } catch (error) {
    if (isImageError(error)) return error
    throw error
  }
}
