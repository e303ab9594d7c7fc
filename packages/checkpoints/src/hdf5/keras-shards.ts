import { CascadeError } from '@cascade-diffusion/checks'
import { asRecord, shorten, show } from '../json/json.ts'
import { withSiblings } from '../siblings.ts'
import type { ByteSource } from '../sources/byte-source.ts'
import { type Contents, type LazyTensor, named } from '../tensor-file.ts'
import { hdf5Contents } from './keras.ts'

/** Whether an index of shards (its `weight_map`) is one of Keras, by the names of the files. */
export const isKerasIndex = (map: unknown): boolean =>
  typeof map === 'object' &&
  map !== null &&
  Object.values(map)
    .flat()
    .some((file) => typeof file === 'string' && file.endsWith('.h5'))

/**
 * Opens the shards of weights of Keras 3 (`max_shard_size`) by their index `….weights.json`, which names the files with
 * the weights of each layer.
 * @throws unless they are there, with each weight once.
 */
export const kerasShardContents = (source: ByteSource, map: unknown): Promise<Contents> =>
  withSiblings(source, 'the shards are files beside the index', async (open) => {
    const groups = new Map<string, ReadonlySet<string>>()
    const tensors = new Map<string, LazyTensor>()
    const unreadable = new Map<string, string>()
    const metadata: Record<string, string>[] = []
    const openShard = async (file: string): Promise<ReadonlySet<string>> => {
      const contents = await hdf5Contents(await open(file))
      for (const [name, tensor] of contents.tensors) {
        if (tensors.has(name)) throw new CascadeError('checkpoint', `expected one weight '${shorten(name)}', got two`)
        const read = () => named(`shard ${file}`, () => tensor.read())
        tensors.set(name, { ...tensor, read })
      }
      const others = contents.unreadable ?? new Map<string, string>()
      for (const [name, reason] of others) unreadable.set(name, `shard ${file}: ${reason}`)
      metadata.push({ ...contents.metadata })
      return new Set([...contents.tensors.keys(), ...others.keys()].map(groupOf))
    }
    for (const [group, files] of Object.entries(asRecord(map, 'weight_map')))
      for (const file of [files].flat()) {
        if (typeof file !== 'string')
          throw new CascadeError('checkpoint', `'${shorten(group)}': expected files' names, got ${show(file)}`)
        const held = groups.get(file) ?? (await named(`shard ${file}`, () => openShard(file)))
        groups.set(file, held)
        if (!held.has(group))
          throw new CascadeError('checkpoint', `shard ${file}: expected weights of '${shorten(group)}', there are none`)
      }
    return { tensors, unreadable, metadata: Object.assign({}, ...metadata) }
  })

/** `/layers/dense/vars` of `layers/dense/vars/0`. */
const groupOf = (name: string): string => `/${name.slice(0, Math.max(name.lastIndexOf('/'), 0))}`
