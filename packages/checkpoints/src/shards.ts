import { CascadeError } from '@cascade-diffusion/checks'
import { asRecord, shorten, show } from './json/json.ts'
import { expectPlainName, withSiblings } from './siblings.ts'
import type { ByteSource } from './sources/byte-source.ts'
import { type Contents, type LazyTensor, named, readTensors } from './tensor-file.ts'

/**
 * The files of an index of shards, each once.
 * @throws unless it is an index, of files beside it.
 */
export function filesOf(weightMap: unknown): string[] {
  const files = new Set(Object.values(asRecord(weightMap, 'weight_map')).flat())
  return [...files].map((file) => {
    if (typeof file !== 'string')
      throw new CascadeError('checkpoint', `weight_map: expected files' names, got ${show(file)}`)
    expectPlainName(file)
    return file
  })
}

/**
 * Opens the shards of an index (`weight_map`: the file of each tensor), without the data of their tensors.
 * @param openShard opens a shard, of any format.
 * @throws unless each tensor is in the shard that the index names.
 */
export const shardContents = (
  source: ByteSource,
  weightMap: unknown,
  openShard: (shard: ByteSource) => Promise<Contents>,
): Promise<Contents> =>
  withSiblings(source, 'the shards are files beside the index', async (open) => {
    const map = new Map(Object.entries(asRecord(weightMap, 'weight_map')))
    const shards = new Map<string, Contents>()
    const tensors = new Map<string, LazyTensor>()
    const unreadable = new Map<string, string>()
    for (const [name, file] of map) {
      if (typeof file !== 'string')
        throw new CascadeError('checkpoint', `'${shorten(name)}': expected a file's name, got ${show(file)}`)
      const contents = shards.get(file) ?? (await named(`shard ${file}`, async () => openShard(await open(file))))
      shards.set(file, contents)
      const tensor = contents.tensors.get(name)
      const reason = contents.unreadable?.get(name)
      if (reason !== undefined) unreadable.set(name, `shard ${file}: ${reason}`)
      else if (!tensor)
        throw new CascadeError('checkpoint', `shard ${file}: expected a tensor '${shorten(name)}', there is none`)
      else tensors.set(name, tensor)
    }
    /** Each shard as a whole, so that its checksum is verified. */
    const readAll: Contents['readAll'] = async (keep) => {
      const parts = []
      for (const [file, contents] of shards) {
        const kept = (name: string) => map.get(name) === file && keep(name)
        const read = () => contents.readAll?.(kept) ?? readTensors(contents.tensors, kept)
        parts.push(await named(`shard ${file}`, read))
      }
      return Object.assign({}, ...parts)
    }
    return { tensors, unreadable, metadata: [...shards.values()][0]?.metadata, readAll }
  })
