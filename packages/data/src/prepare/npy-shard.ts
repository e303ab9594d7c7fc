import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { npyHeader } from '@cascade-diffusion/checkpoints'
import { writeAtomically } from '@cascade-diffusion/files'
import type { ShardFile } from './manifest.ts'
import { digits, type ShardImage, type ShardPlace, type WrittenShard } from './shard.ts'

/**
 * Writes images of one size as `images-000000.npy`, uint8 [n, height, width, channels], and their labels as `labels-000000.npy`, int64 [n].
 * The shard is in memory until it is written.
 */
export async function writeNpyShard(
  { folder, number, most, labelled }: ShardPlace,
  images: AsyncIterable<ShardImage>,
  shape: readonly number[],
): Promise<WrittenShard> {
  const pixels = shape.reduce((product, length) => product * length, 1)
  const data = new Uint8Array(most * pixels)
  const labels = new BigInt64Array(labelled ? most : 0)
  let n = 0
  for await (const { image, label } of images) {
    data.set(image.data, n * pixels)
    if (labelled) labels[n] = BigInt(label!)
    n++
  }
  const name = digits(number)
  const file = await write(folder, `images-${name}.npy`, 'uint8', [n, ...shape], data.subarray(0, n * pixels))
  return {
    ...file,
    images: n,
    labels: labelled
      ? await write(folder, `labels-${name}.npy`, 'int64', [n], new Uint8Array(labels.buffer, 0, 8 * n))
      : undefined,
  }
}

async function write(
  folder: string,
  file: string,
  type: 'uint8' | 'int64',
  shape: readonly number[],
  data: Uint8Array,
): Promise<ShardFile> {
  const header = npyHeader({ type, shape })
  await writeAtomically(join(folder, file), async (out) => {
    for (const part of [header, data]) await out.writeFile(part)
  })
  const sha256 = createHash('sha256').update(header).update(data).digest('hex')
  return { file, bytes: header.length + data.length, sha256 }
}
