import type { Worker } from 'node:worker_threads'
import { CascadeError } from '@cascade-diffusion/checks'
import type { EncodedImage } from '../../sources/encoded-images.ts'
import type { TransformConfig } from '../../transforms/transform-of.ts'
import type { ImageTask, Made, Recipe } from '../make-image.ts'
import { ownThread, type Pool } from '../pool.ts'
import type { Job, JobImage, Message, Reply, ThreadData } from './protocol.ts'
import { sharedMemory } from './shared-memory.ts'
import { startThreads } from './start.ts'

/** Images of a job, at most: a batch is divided among the threads. */
const JOB = 8

interface Thread {
  readonly worker: Worker
  /** Jobs under way. */
  readonly jobs: Map<number, { resolve(images: readonly JobImage[]): void; reject(error: CascadeError): void }>
}

/**
 * A pool of worker threads, which start with the first images. They keep the process alive only while somebody waits for images. Where no
 * threads can be started, this thread makes the images.
 * @param imageBytes of the images, if known: they are then written to shared memory.
 */
export function workerThreads(recipe: Recipe, count: number, imageBytes: number | undefined): Pool {
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const memory = sharedMemory()
  const own = ownThread(recipe)
  let starting: Promise<Thread[] | undefined> | undefined
  let threads: readonly Thread[] = []
  let [ids, isAwaited] = [0, false]
  let over: CascadeError | undefined

  const start = async () => {
    // sharp wants to be loaded by the main thread before others.
    await import('sharp')
    const data: ThreadData = {
      name: recipe.name,
      channels: recipe.channels,
      decoding: recipe.decoding,
      size: recipe.size,
      transforms: recipe.transforms.map(({ config }) => config as TransformConfig),
      stop,
    }
    const started = closed() ? undefined : startThreads(count, data)?.map((worker) => threadOf(worker, fail))
    threads = started ?? []
    awaited(isAwaited)
    return started
  }
  const closed = () => Atomics.load(stop, 0) !== 0
  const fail = (reason: string, cause?: unknown) => {
    if (closed()) return
    over ??= new CascadeError('engine', `imageLoader: a thread has ended: ${reason}`, { cause })
    for (const { jobs } of threads) {
      for (const { reject } of jobs.values()) reject(over)
      jobs.clear()
    }
  }
  const awaited = (waiting: boolean) => {
    isAwaited = waiting
    for (const { worker } of threads) waiting ? worker.ref() : worker.unref()
  }
  const ask = (job: Omit<Job, 'id'>) =>
    new Promise<readonly JobImage[]>((resolve, reject) => {
      if (over) return reject(over)
      const [thread] = threads.toSorted((a, b) => a.jobs.size - b.jobs.size)
      const id = ids++
      const tasks = job.tasks.map((task) => ({ ...task, encoded: sendable(task.encoded) }))
      thread!.jobs.set(id, { resolve, reject })
      thread!.worker.postMessage({ id, tasks, into: job.into } satisfies Message, buffersOf(tasks))
    })

  return {
    async make(tasks) {
      starting ??= start()
      if (!(await starting)) return own.make(tasks)
      if (closed()) return new Promise(() => {})
      const block = imageBytes === undefined ? undefined : memory.take(imageBytes * tasks.length)
      const size = Math.min(JOB, Math.ceil(tasks.length / count))
      const jobs: Promise<readonly Made[]>[] = []
      for (let from = 0; from < tasks.length; from += size) {
        const offset = from * (imageBytes ?? 0)
        const into = block && { memory: block, offset, imageBytes: imageBytes! }
        jobs.push(ask({ tasks: tasks.slice(from, from + size), into }).then((images) => images.map(received(into))))
      }
      return {
        images: (await Promise.all(jobs)).flat(),
        release() {
          if (block) memory.give(block)
        },
      }
    },
    awaited,
    async close() {
      Atomics.store(stop, 0, 1)
      await starting?.catch(() => {}) // Whoever asked for images has the error.
      await Promise.all([own.close(), ...threads.map(ended)])
    },
  }
}

function threadOf(worker: Worker, fail: (reason: string, cause?: unknown) => void): Thread {
  const thread: Thread = { worker, jobs: new Map() }
  worker.on('message', (reply: Reply) => {
    const asker = thread.jobs.get(reply.id)
    thread.jobs.delete(reply.id)
    if ('error' in reply) asker?.reject(new CascadeError(reply.error.code, reply.error.message))
    else asker?.resolve(reply.images)
  })
  worker.on('error', (error) => fail(error.message, error))
  worker.on('exit', (code) => fail(`exit code ${code}`))
  return thread
}

/** Asks a thread to end, and waits for it. */
const ended = ({ worker }: Thread): Promise<void> =>
  new Promise((resolve) => {
    if (worker.threadId === -1) return resolve()
    worker.ref()
    worker.once('exit', () => resolve())
    worker.postMessage('end' satisfies Message)
  })

/** An image as the thread sent it or wrote it. */
const received =
  (into: Job['into']) =>
  (one: JobImage, i: number): Made => {
    if ('error' in one) return new CascadeError(one.error.code, one.error.message)
    if ('image' in one) return one.image
    const { memory, offset, imageBytes } = into!
    return { shape: one.shape, data: new Uint8Array(memory, offset + i * imageBytes, imageBytes) }
  }

/** An image with bytes in a buffer of its own: a view would be sent with all of its buffer. */
const sendable = (image: EncodedImage): EncodedImage =>
  'bytes' in image ? { name: image.name, bytes: new Uint8Array(image.bytes) } : image

const buffersOf = (tasks: readonly ImageTask[]): ArrayBuffer[] =>
  tasks.flatMap(({ encoded }) => ('bytes' in encoded ? [encoded.bytes.buffer as ArrayBuffer] : []))
