import { join } from 'node:path'
import type { ByteImages } from '../images/byte-images.ts'
import { inOrder } from '../sources/in-order.ts'
import { type TarEntry, writeTar } from '../tar/write-tar.ts'
import { digits, type ShardImage, type ShardPlace, type WrittenShard } from './shard.ts'

/** Images that are encoded at once. */
const ahead = 8

/**
 * Writes images as `shard-000000.tar`, as WebDataset reads it: of each image `000000042.png`, the number being its index in the source, and
 * `000000042.cls` with its label in decimals.
 */
export async function writeTarShard(
  { folder, number, labelled }: ShardPlace,
  images: AsyncIterable<ShardImage>,
): Promise<WrittenShard> {
  const file = `shard-${digits(number)}.tar`
  let n = 0
  async function* entries(): AsyncGenerator<TarEntry> {
    for await (const { index, label, bytes } of encoded(images)) {
      const key = String(index).padStart(9, '0')
      yield { name: `${key}.png`, bytes }
      if (labelled) yield { name: `${key}.cls`, bytes: Buffer.from(String(label)) }
      n++
    }
  }
  const { size, sha256 } = await writeTar(join(folder, file), entries())
  return { file, bytes: size, sha256, images: n }
}

/** The images with their PNG files, several being encoded at once. */
async function* encoded(images: AsyncIterable<ShardImage>) {
  let waiting: ShardImage[] = []
  async function* encodeAll() {
    const list = waiting
    waiting = []
    yield* inOrder(list.length, ahead, async (i) => ({ ...list[i]!, bytes: await pngOf(list[i]!.image) }))
  }
  for await (const image of images) {
    // The pixels may be gone when the next image is asked for.
    waiting.push({ ...image, image: { shape: image.image.shape, data: image.image.data.slice() } })
    if (waiting.length === ahead) yield* encodeAll()
  }
  yield* encodeAll()
}

/** Each line has the filter that suits it best, so files are smaller than those of `encodePng`; the same pixels give the same bytes. */
async function pngOf({ shape, data }: ByteImages): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp')
  const [height, width, channels] = shape as [number, number, 1 | 2 | 3 | 4]
  const image = sharp(data, { raw: { width, height, channels } })
  return image
    .toColourspace(channels < 3 ? 'b-w' : 'srgb')
    .png({ compressionLevel: 6, adaptiveFiltering: true, palette: false })
    .toBuffer()
}
