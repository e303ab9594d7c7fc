import { join } from 'node:path'
import { writeAtomically } from '@cascade-diffusion/files'
import { bytesOf, type WritableTensor, writeSafetensors } from './safetensors-write.ts'

/** Options of {@link writeSafetensorsShards}. */
export interface ShardOptions {
  /** The most bytes of data in one file; a larger tensor has its own file. Default 5 GB, as in diffusers. */
  readonly maxShardBytes?: number
  /** The beginning of the file names. Default `model`; diffusers has `diffusion_pytorch_model`. */
  readonly name?: string
  /** The metadata of every shard. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Writes tensors in their order to `<name>-00001-of-00003.safetensors` and so on in a folder.
 * `<name>.safetensors.index.json`, which maps tensors to files, is written last. Lazy tensors are in memory one at a
 * time.
 * @returns the path of the index.
 * @throws as {@link writeSafetensors}.
 */
export async function writeSafetensorsShards(
  folder: string,
  tensors: Readonly<Record<string, WritableTensor>>,
  { maxShardBytes = 5e9, name = 'model', metadata = {} }: ShardOptions = {},
): Promise<string> {
  const shards: Record<string, WritableTensor>[] = [{}]
  let filled = 0
  let total = 0
  for (const [key, tensor] of Object.entries(tensors)) {
    const bytes = bytesOf(tensor)
    if (filled > 0 && filled + bytes > maxShardBytes) {
      shards.push({})
      filled = 0
    }
    shards.at(-1)![key] = tensor
    filled += bytes
    total += bytes
  }
  const digits = (n: number) => `${n}`.padStart(5, '0')
  const map: Record<string, string> = {}
  for (const [i, shard] of shards.entries()) {
    const file = `${name}-${digits(i + 1)}-of-${digits(shards.length)}.safetensors`
    await writeSafetensors(join(folder, file), shard, metadata)
    for (const key of Object.keys(shard)) map[key] = file
  }
  const index = join(folder, `${name}.safetensors.index.json`)
  const text = JSON.stringify({ metadata: { total_size: total }, weight_map: map }, null, 2)
  await writeAtomically(index, `${text}\n`)
  return index
}
