import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openCheckpoint, type Safetensors } from '@cascade-diffusion/checkpoints'

/** The tensors of a file, whatever its format, or of all shards of an index. @throws naming the file that cannot be read. */
export async function readTensors(path: string): Promise<Safetensors> {
  if (path.endsWith('.index.json')) return readShards(path)
  const file = await openCheckpoint(path)
  try {
    return { tensors: await file.readAll(), metadata: { ...file.metadata } }
  } finally {
    await file.close()
  }
}

async function readShards(index: string): Promise<Safetensors> {
  const map = await weightMap(index)
  const tensors: Safetensors['tensors'] = {}
  for (const shard of new Set(Object.values(map)))
    Object.assign(tensors, (await readTensors(join(dirname(index), shard))).tensors)
  const missing = Object.keys(map).filter((name) => !(name in tensors))
  if (missing.length > 0) throw new Error(`${index}: expected ${missing[0]} in ${map[missing[0] as string]}`)
  return { tensors, metadata: {} }
}

/** Which tensors are in which shard. @throws unless it is an index, of files beside it. */
export async function weightMap(index: string): Promise<Record<string, string>> {
  const { weight_map: map } = JSON.parse(await readFile(index, 'utf8')) as { weight_map?: Record<string, string> }
  if (typeof map !== 'object') throw new Error(`${index}: expected an index of shards with weight_map, there is none`)
  for (const shard of Object.values(map))
    if (!/^[\w-][\w.-]*$/.test(shard)) throw new Error(`${index}: expected plain names of shards, got '${shard}'`)
  return map
}
