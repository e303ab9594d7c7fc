import { MessageChannel } from 'node:worker_threads'
import type { NDArray, Params } from '@cascade-diffusion/arrays'

/**
 * A state dict that gives its memory back while it is read: the memory of an array is freed when the next array is
 * read. Mapping it to other names and layouts then needs little more than one copy. Memory that arrays share is freed
 * after the last of them. Arrays that were handed over are empty afterwards.
 */
export function handOver(stateDict: Params<NDArray>): Params<NDArray> {
  const users = new Map<ArrayBufferLike, number>()
  for (const { data } of Object.values(stateDict)) users.set(data.buffer, (users.get(data.buffer) ?? 0) + 1)
  let done: ArrayBufferLike | undefined
  const once = (array: NDArray): NDArray => ({
    dtype: array.dtype,
    shape: array.shape,
    get data() {
      if (done) release(done)
      const { buffer } = array.data
      const left = users.get(buffer)! - 1
      users.set(buffer, left)
      done = left === 0 ? buffer : undefined
      return array.data
    },
  })
  return Object.fromEntries(Object.entries(stateDict).map(([name, array]) => [name, once(array)]))
}

const { port1: closed } = new MessageChannel()
closed.close()

/** Posting a buffer to a closed port frees its memory at once, not at the next garbage collection. */
const release = (buffer: ArrayBufferLike): void => closed.postMessage(undefined, [buffer as ArrayBuffer])
