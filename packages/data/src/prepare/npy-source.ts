import { join } from 'node:path'
import { npyHeader } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ByteImages } from '../images/byte-images.ts'
import { withFile } from '../reading/file-bytes.ts'
import type { ImageSource, ReadImages } from '../sources/image-source.ts'
import type { PreparedManifest, PreparedShard } from './manifest.ts'

/** A shard, and the index of its first image. */
interface Placed {
  readonly shard: PreparedShard
  readonly first: number
  /** The place of its first image in the file. */
  readonly start: number
}

/** The images of `npy` shards, read at their places. */
export async function npySource(folder: string, manifest: PreparedManifest): Promise<ImageSource> {
  const { count, size, channels, settings } = manifest
  if (!size) throw new CascadeError('data', `${folder}: expected a size in the manifest of npy shards, got null`)
  const shape = [...size, channels]
  const pixels = size[0] * size[1] * channels
  const placed: Placed[] = []
  let first = 0
  for (const shard of manifest.shards) {
    const start = await checkedHeader(join(folder, shard.file), shard.bytes, 'uint8', [shard.images, ...shape])
    placed.push({ shard, first, start })
    first += shard.images
  }
  const classNames = settings.classNames ?? undefined
  const labels = classNames ? await readLabels(folder, manifest, classNames.length) : undefined
  return {
    name: folder,
    count,
    channels,
    size,
    classNames,
    readLabels: labels ? async () => labels : undefined,
    async read(indices): Promise<ReadImages> {
      const images: ByteImages[] = new Array(indices.length)
      const byShard = new Map<Placed, number[]>()
      indices.forEach((index, i) => {
        const shard = placed.findLast(({ first }) => first <= index)!
        const places = byShard.get(shard)
        if (places) places.push(i)
        else byShard.set(shard, [i])
      })
      for (const [{ shard, first, start }, places] of byShard) {
        const path = join(folder, shard.file)
        await withFile(path, async (read) => {
          for (const i of places) {
            const data = await read(start + (indices[i]! - first) * pixels, pixels)
            images[i] = { shape, data }
          }
        })
      }
      return { images, labels: labels && indices.map((i) => labels[i]!) }
    },
  }
}

/** @returns the place of the first value. @throws unless the file begins as a shard does. */
async function checkedHeader(
  path: string,
  bytes: number,
  type: 'uint8' | 'int64',
  shape: readonly number[],
): Promise<number> {
  const header = npyHeader({ type, shape })
  const expected = header.length + shape.reduce((product, length) => product * length, type === 'int64' ? 8 : 1)
  if (bytes !== expected)
    throw new CascadeError('data', `${path}: expected ${expected} bytes of ${type} [${shape}], got ${bytes}`)
  const got = await readRange(path, 0, header.length)
  if (Buffer.compare(got, header) !== 0)
    throw new CascadeError('data', `${path}: expected the header of ${type} [${shape}], got another`)
  return header.length
}

async function readLabels(folder: string, { count, shards }: PreparedManifest, classes: number): Promise<Int32Array> {
  const all = new Int32Array(count)
  let first = 0
  for (const { images, labels } of shards) {
    if (!labels) throw new CascadeError('data', `${folder}: expected labels of every shard in the manifest, got none`)
    const path = join(folder, labels.file)
    const start = await checkedHeader(path, labels.bytes, 'int64', [images])
    const values = await readRange(path, start, 8 * images)
    for (let i = 0; i < images; i++) {
      const label = Number(values.readBigInt64LE(8 * i))
      if (!(label >= 0 && label < classes))
        throw new CascadeError('data', `${path}: expected labels from 0 to ${classes - 1}, got ${label} at ${i}`)
      all[first + i] = label
    }
    first += images
  }
  return all
}

async function readRange(path: string, offset: number, length: number): Promise<Buffer> {
  const { buffer } = await withFile(path, (read) => read(offset, length))
  return Buffer.from(buffer)
}
