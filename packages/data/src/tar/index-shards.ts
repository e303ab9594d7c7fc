import { type IndexedShard, type IndexShardOptions, indexShard } from './index-shard.ts'

/** Shards that are indexed at once: disks and networks answer several requests at once. */
const atOnce = 8

/** Options of {@link indexShards}. */
export interface IndexShardsOptions extends IndexShardOptions {
  readonly progress: (done: TarShardsProgress) => void
}

/** How far {@link tarShards} is. */
export interface TarShardsProgress {
  /** Shards read so far. */
  readonly shards: number
  /** All shards. */
  readonly of: number
  /** The images in the shards read so far. */
  readonly images: number
}

/** Indexes shards, several at once. After an error or an abort no file is open. */
export async function indexShards(
  paths: readonly string[],
  { progress, signal, ...options }: IndexShardsOptions,
): Promise<readonly IndexedShard[]> {
  const indexed: IndexedShard[] = []
  const failures: unknown[] = []
  let [shards, images] = [0, 0]
  const stop = new AbortController()
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const waiting = paths.entries()
  const indexNext = async (): Promise<void> => {
    for (const [i, path] of waiting) {
      const shard = await indexShard(path, { ...options, signal: either })
      indexed[i] = shard
      images += shard.samples.count
      progress({ shards: ++shards, of: paths.length, images })
    }
  }
  const work = async (): Promise<void> => {
    try {
      await indexNext()
    } catch (error) {
      failures.push(error)
      stop.abort()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  if (failures.length > 0) throw failures[0]
  return indexed
}
