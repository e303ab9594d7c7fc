import { CascadeError } from '@cascade-diffusion/checks'
import { openGate, shut } from './gate.ts'
import type { Answer, Handle, Message, Reply, Request } from './protocol.ts'
import { startThread } from './start.ts'

/** The compute thread, as other threads see it. */
export interface ComputeThread {
  /** Sends a request. The buffers in `transfer` are given away. @throws what the request throws there. */
  ask(request: Request, transfer?: readonly ArrayBuffer[]): Promise<Answer>
  /** Frees an array, with the next request or after this turn of the event loop. */
  drop(array: Handle): void
  /** A new handle. */
  handle(): Handle
}

let running: ComputeThread | undefined

/** The one compute thread of this process, started at the first call; `undefined` where there can be none. */
export function computeThread(): ComputeThread | undefined {
  running ??= start()
  return running
}

function start(): ComputeThread | undefined {
  const gate = openGate()
  const worker = startThread(gate)
  if (!worker) return undefined
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: unknown): void }>()
  let [count, handles] = [0, 0]
  let dropped: Handle[] = []
  let over: Error | undefined

  const post = (message: Message, transfer: readonly ArrayBuffer[]) => worker.postMessage(message, transfer)
  const flush = () => {
    if (dropped.length > 0 && !over) post({ request: { kind: 'drop', arrays: dropped } }, [])
    dropped = []
  }
  // Only a request without an answer keeps the process alive.
  const settled = (id: number) => {
    const asker = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    return asker
  }
  const end = (reason: string, cause?: unknown) => {
    if (running === thread) running = undefined
    over ??= new CascadeError('engine', `jit: the compute thread has ended: ${reason}`, { cause })
    for (const id of [...waiting.keys()]) settled(id)?.reject(over)
    process.off('exit', close)
  }
  // A process that ends its threads during a run crashes.
  const close = () => shut(gate)
  process.on('exit', close)
  worker.unref()
  worker.on('message', (reply: Reply) => {
    const asker = settled(reply.id)
    // An error from the other thread is a copy that has lost its class.
    if ('error' in reply) asker?.reject(new CascadeError('engine', messageOf(reply.error), { cause: reply.error }))
    else asker?.resolve(reply.answer)
  })
  worker.on('error', (error) => end(error.message, error))
  worker.on('exit', (code) => end(`exit code ${code}`))

  const thread: ComputeThread = {
    ask: (request, transfer = []) =>
      new Promise((resolve, reject) => {
        if (over) return reject(over)
        flush()
        const id = count++
        post({ id, request }, transfer)
        waiting.set(id, { resolve, reject })
        worker.ref()
      }),
    drop(array) {
      if (dropped.push(array) === 1) queueMicrotask(flush)
    },
    handle: () => handles++,
  }
  return thread
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
