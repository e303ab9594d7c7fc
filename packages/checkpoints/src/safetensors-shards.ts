import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from './atomic-file.ts'
import type { ByteSource } from './byte-source.ts'
import { asRecord, shorten, show } from './json.ts'
import { safetensorsContents } from './safetensors-read.ts'
import { bytesOf, type WritableTensor, writeSafetensors } from './safetensors-write.ts'
import { type Contents, type LazyTensor, named } from './tensor-file.ts'

/** Options of {@link writeSafetensorsShards}. */
export interface ShardOptions {
  /** The most bytes of data in one file; a larger tensor has a file of its own. Default 5 GB, as diffusers has it. */
  readonly maxShardBytes?: number
  /** The beginning of the files' names; default `model`, diffusers has `diffusion_pytorch_model`. */
  readonly name?: string
  /** Of every shard. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Writes tensors to `<name>-00001-of-00003.safetensors` and so on in a folder, in their order, and
 * `<name>.safetensors.index.json`, which says which is where and is written last. Lazy tensors are in memory one at a time.
 * Gives the path of the index.
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
  await writeAtomically(index, (file) => writeFile(file, `${text}\n`))
  return index
}

/** The most shards of a file; each is kept open. */
const maxShards = 1000

/** Opens the shards of an index, their headers alone. @throws unless each tensor is in the shard that the index says. */
export async function shardContents(source: ByteSource, index: Readonly<Record<string, unknown>>): Promise<Contents> {
  const map = new Map(Object.entries(asRecord(index.weight_map, 'weight_map')))
  if (!source.sibling) throw new Error('expected a path: the shards are files beside the index')
  const opened: ByteSource[] = []
  const shards = new Map<string, Contents>()
  const tensors = new Map<string, LazyTensor>()
  const close = async () => {
    for (const shard of opened) await shard.close()
  }
  const openShard = async (file: string): Promise<Contents> => {
    if (opened.length === maxShards) throw new Error(`expected at most ${maxShards} shards, got more`)
    const shard = await source.sibling!(file)
    opened.push(shard)
    return named(`shard ${file}`, () => safetensorsContents(shard))
  }
  try {
    for (const [name, file] of map) {
      if (typeof file !== 'string') throw new Error(`'${shorten(name)}': expected a file's name, got ${show(file)}`)
      const contents = shards.get(file) ?? (await openShard(file))
      shards.set(file, contents)
      const tensor = contents.tensors.get(name)
      if (!tensor) throw new Error(`shard ${file}: expected a tensor '${shorten(name)}', there is none`)
      tensors.set(name, tensor)
    }
  } catch (error) {
    await close()
    throw error
  }
  /** Each shard as a whole, so that its checksum is verified. */
  const readAll: Contents['readAll'] = async (keep) => {
    const parts = []
    for (const [file, contents] of shards)
      parts.push(await named(`shard ${file}`, () => contents.readAll!((name) => map.get(name) === file && keep(name))))
    return Object.assign({}, ...parts)
  }
  return { tensors, metadata: [...shards.values()][0]?.metadata, readAll, close }
}
