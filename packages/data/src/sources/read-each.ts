import { CascadeError, isCascadeError } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { decodeEncoded } from './decode-encoded.ts'
import type { EncodedImage, EncodedImages } from './encoded-images.ts'
import type { ImageSource } from './image-source.ts'
import { inOrder } from './in-order.ts'
import { locateImages } from './locate-images.ts'
import { readEncoded } from './read-encoded.ts'
import { messageOf, readImages } from './read-images.ts'

/** One image of a source, or why it could not be read. */
export interface EachImage {
  readonly index: number
  /** What errors call it. */
  readonly name: string
  readonly label?: number
  /** The encoded bytes, if the source has them. */
  readonly encoded?: Uint8Array
  readonly image?: ByteImages
  /** Why there is no image. */
  readonly error?: CascadeError
}

/** Images that are located at once. */
const located = 64

/** Images that are read and decoded at once. */
const ahead = 8

/**
 * Reads images one by one, in the order of the indices, several ahead. An image that cannot be read is given with its error.
 * @param source not a transformed one.
 */
export async function* readEach(
  source: ImageSource,
  indices: readonly number[],
): AsyncGenerator<EachImage, void, undefined> {
  const { encoded } = source
  if (!encoded) return yield* inOrder(indices.length, ahead, (i) => readPixels(source, indices[i]!))
  for (let first = 0; first < indices.length; first += located) {
    const part = indices.slice(first, first + located)
    const places = await locateEach(encoded, part, source.name)
    yield* inOrder(part.length, ahead, (i) => decodeEach(source, places[i]!))
  }
}

async function readPixels(source: ImageSource, index: number): Promise<EachImage> {
  const name = `${source.name}: image ${index}`
  try {
    const { images, labels } = await readImages(source, [index], {})
    return { index, name, label: labels?.[0], image: images[0] }
  } catch (error) {
    return { index, name, error: errorOf(name, error) }
  }
}

/** The place of an image, or why it has none. */
interface Located extends Omit<EachImage, 'image' | 'encoded'> {
  readonly place?: EncodedImage
}

/** The places of images; if that fails, one by one, to find those that have none. */
async function locateEach(encoded: EncodedImages, indices: readonly number[], source: string): Promise<Located[]> {
  try {
    const { images, labels } = await locateImages(source, encoded, indices)
    return indices.map((index, i) => ({ index, name: images[i]!.name, label: labels?.[i], place: images[i] }))
  } catch (error) {
    if (indices.length > 1)
      return (await Promise.all(indices.map((index) => locateEach(encoded, [index], source)))).flat()
    const name = `${source}: image ${indices[0]}`
    return [{ index: indices[0]!, name, error: errorOf(name, error) }]
  }
}

async function decodeEach({ size, encoded }: ImageSource, { place, ...found }: Located): Promise<EachImage> {
  if (!place) return found
  let bytes: Uint8Array | undefined
  const read = async (): Promise<Uint8Array> => {
    bytes = await readEncoded(place)
    return bytes
  }
  try {
    const image = await decodeEncoded(place, { decoding: encoded!.decoding, size }, read)
    return { ...found, encoded: bytes, image }
  } catch (error) {
    return { ...found, encoded: bytes, error: errorOf(found.name, error) }
  }
}

function errorOf(name: string, error: unknown): CascadeError {
  if (isCascadeError(error)) return error
  return new CascadeError('data', `${name}: could not be read: ${messageOf(error)}`, { cause: error })
}
