import { isCascadeError } from '@cascade-diffusion/checks'
import { type Room, reusedRoom } from '../../decode/room.ts'
import { readEncodedSync } from '../../sources/read-encoded.ts'
import { transformOf } from '../../transforms/transform-of.ts'
import { makeImage, type Recipe } from '../make-image.ts'
import type { Job, JobImage, Message, Reply, SentError, ThreadData } from './protocol.ts'

/** A port that jobs come from and replies go to. */
export interface Port {
  on(event: 'message', listener: (message: Message) => void): unknown
  postMessage(reply: Reply, transfer: readonly ArrayBuffer[]): void
}

/** Does the jobs of a port, one after the other. Calls `end` when it is asked to end, and no job is under way. */
export function serve(port: Port, data: ThreadData, end: () => void): void {
  const recipe: Recipe = { ...data, transforms: data.transforms.map((config) => transformOf(config)) }
  const room = reusedRoom()
  let last: Promise<unknown> = Promise.resolve()
  port.on('message', (message) => {
    last = last.then(async () => {
      if (message === 'end') return end()
      const reply = await doneJob(message, recipe, data.stop, room)
      if (reply) port.postMessage(reply, buffersOf(reply))
    })
  })
}

async function doneJob(
  { id, tasks, into }: Job,
  recipe: Recipe,
  stop: ThreadData['stop'],
  room: Room,
): Promise<Reply | undefined> {
  const images: JobImage[] = []
  try {
    for (const [i, task] of tasks.entries()) {
      if (Atomics.load(stop, 0) !== 0) return undefined
      const made = await makeImage(recipe, task, readEncodedSync, room)
      if (!('shape' in made)) images.push({ error: sent(made) })
      else if (into?.imageBytes === made.data.length) {
        new Uint8Array(into.memory).set(made.data, into.offset + i * into.imageBytes)
        images.push({ shape: made.shape })
      } else images.push({ image: { shape: made.shape, data: made.data.slice() } })
    }
    return { id, images }
  } catch (error) {
    return { id, error: sent(error) }
  }
}

const buffersOf = (reply: Reply): ArrayBuffer[] =>
  'images' in reply ? reply.images.flatMap((one) => ('image' in one ? [one.image.data.buffer as ArrayBuffer] : [])) : []

const sent = (error: unknown): SentError => ({
  code: isCascadeError(error) ? error.code : 'internal',
  message: error instanceof Error ? error.message : String(error),
})
