import { availableParallelism } from 'node:os'
import { readEncoded } from '../sources/read-encoded.ts'
import { type ImageTask, type Made, makeImage, type Recipe } from './make-image.ts'

/** Makes images of encoded ones, several at a time. */
export interface Pool {
  /** The images of the tasks, in their order. They are only valid until `release`. */
  make(tasks: readonly ImageTask[]): Promise<MadeImages>
  /** Whether somebody waits for images: the process then stays alive. */
  awaited(waiting: boolean): void
  /** Makes no more images, and waits until no file is open. */
  close(): Promise<void>
}

/** Images of a pool. */
export interface MadeImages {
  readonly images: readonly Made[]
  /** Gives the memory of the images back. */
  release(): void
}

/** A pool of this thread. Decoders that have threads of their own still work at the same time. */
export function ownThread(recipe: Recipe): Pool {
  const running = new Set<Promise<unknown>>()
  const queue: (() => void)[] = []
  const limit = Math.min(4, availableParallelism())
  let closed = false
  const make = async (task: ImageTask): Promise<Made> => {
    while (running.size >= limit) await new Promise<void>((resolve) => queue.push(resolve))
    // Nobody waits for the images of a pool that is closed.
    if (closed) return new Promise(() => {})
    const made = makeImage(recipe, task, readEncoded)
    running.add(made)
    try {
      return await made
    } finally {
      running.delete(made)
      queue.shift()?.()
    }
  }
  return {
    make: async (tasks) => ({ images: await Promise.all(tasks.map(make)), release() {} }),
    awaited() {},
    async close() {
      closed = true
      queue.length = 0
      await Promise.allSettled(running)
    },
  }
}
