import { createHash, hash as hashOf } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { throwIfAborted } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import type { EncodedImages, FileRange } from '../sources/encoded-images.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { inOrder } from '../sources/in-order.ts'
import { locateImages } from '../sources/locate-images.ts'
import { readEncoded } from '../sources/read-encoded.ts'
import { readImages } from '../sources/read-images.ts'
import { type HashCache, hashBytes, openHashCache } from './hash-cache.ts'

/** Options of a pass over all images. */
export interface HashingOptions {
  /**
   * A file that keeps the hashes, so that a later call reads only images that are new or changed: those whose file has another path, size
   * or time of modification, or that lie elsewhere in it. Images that are not in files are always read.
   */
  readonly cache?: string
  /** Called after every few images. */
  readonly progress?: (progress: { readonly done: number; readonly total: number }) => void
  /** Ends the pass; what is hashed is in the cache. */
  readonly signal?: AbortSignal
}

/** The hash of an encoded image: the first 16 bytes of the SHA-256 of its bytes. */
export const hashOfBytes = (bytes: Uint8Array): Uint8Array => hashOf('sha256', bytes, 'buffer').subarray(0, hashBytes)

/** The hash of pixels and their shape. */
export const hashOfPixels = ({ shape, data }: ByteImages): Uint8Array =>
  createHash('sha256').update(`${shape}:`).update(data).digest().subarray(0, hashBytes)

/** Encoded images that are located at once, and pixels that are read at once. */
const [located, read] = [64, 16]

/** Files that are read at once. */
const readers = 8

/**
 * The hash of the content of every image, 16 bytes each: of the encoded bytes if the source has them, else of the pixels.
 * @throws {CascadeError} of code `file` or `data` that names an image that cannot be read; of code `interrupted` if the signal aborts.
 */
export async function contentHashes(
  where: string,
  source: ImageSource,
  { cache, progress, signal }: HashingOptions,
): Promise<Uint8Array> {
  const { count: total, encoded } = source
  const hashes = new Uint8Array(total * hashBytes)
  const inParts = async (size: number, part: (first: number, indices: readonly number[]) => Promise<void>) => {
    for (let first = 0; first < total; first += size) {
      throwIfAborted(signal, where)
      const length = Math.min(size, total - first)
      await part(
        first,
        Array.from({ length }, (_, i) => first + i),
      )
      progress?.({ done: first + length, total })
    }
  }
  if (!encoded)
    await inParts(read, async (first, indices) => {
      const { images } = await readImages(source, indices, {})
      images.forEach((image, i) => {
        hashes.set(hashOfPixels(image), (first + i) * hashBytes)
      })
    })
  else {
    const keys = new BigUint64Array(cache === undefined ? 0 : total)
    const kept = cache === undefined ? undefined : await openHashCache(cache)
    const news = { count: 0 }
    const pass = inParts(located, (first, indices) =>
      hashEncoded(source.name, encoded, indices, {
        kept,
        keys,
        news,
        hashes: hashes.subarray(first * hashBytes),
        first,
      }),
    )
    await pass.catch(async (error) => {
      // What was read stays known, whatever ended the pass.
      if (news.count > 0) await kept?.save(keys, hashes, true).catch(() => {})
      throw error
    })
    if (news.count > 0) await kept?.save(keys, hashes, false)
  }
  return hashes
}

/** Where the hashes of some images go. */
interface Hashing {
  readonly kept: HashCache | undefined
  /** The keys of all images of files, for the cache. */
  readonly keys: BigUint64Array
  /** Images that were not in the cache. */
  readonly news: { count: number }
  /** The hashes of these images. */
  readonly hashes: Uint8Array
  readonly first: number
}

async function hashEncoded(
  name: string,
  encoded: EncodedImages,
  indices: readonly number[],
  to: Hashing,
): Promise<void> {
  const { images } = await locateImages(name, encoded, indices)
  const files = new Map<string, Promise<string>>()
  const hashed = inOrder(images.length, readers, async (i) => {
    const image = images[i]!
    const key = to.kept && 'path' in image ? await keyOf(image, files) : undefined
    const known = key === undefined ? undefined : to.kept!.find(key)
    return { key, known, hash: known ?? hashOfBytes(await readEncoded(image)) }
  })
  let i = 0
  for await (const { key, known, hash } of hashed) {
    to.hashes.set(hash, i * hashBytes)
    if (key !== undefined) {
      to.keys[to.first + i] = key
      if (!known) to.news.count++
    }
    i++
  }
}

/** What tells the bytes of one place of one state of a file from all others; undefined if there is no such file. */
async function keyOf(
  { path, offset = 0, length }: FileRange,
  files: Map<string, Promise<string>>,
): Promise<bigint | undefined> {
  if (!files.has(path))
    files.set(
      path,
      stat(path).then(
        ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
        () => '',
      ),
    )
  const state = await files.get(path)!
  if (state === '') return undefined
  return hashOf('sha256', JSON.stringify([resolve(path), state, offset, length]), 'buffer').readBigUInt64LE() || 1n
}
