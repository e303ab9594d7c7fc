import { once } from 'node:events'
import { isMainThread, parentPort } from 'node:worker_threads'
import { float32 } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { moduleThread } from '../engines/thread/start.ts'
import { jit } from '../jit.ts'

// A program that ends in the way that its argument names, for engines/thread/endings.test.ts.

const compiled = jit((x: tf.Tensor2D) => {
  let y = x
  for (let i = 0; i < 30; i++) y = tf.matMul(x, y)
  return y
})
const x = float32(new Float32Array(256 * 256).fill(1 / 256), [256, 256])

/** Leaves results and a run behind, and ends during the run. */
async function end(how: string): Promise<void> {
  await compiled.onDevice(x)
  process.stdout.write('begun\n')
  if (how === 'end') return
  for (let i = 0; i < 50; i++) void compiled(x)
  setTimeout(() => {
    process.stdout.write('ending\n')
    if (how === 'exit') process.exit(3)
    if (how === 'throw') throw new Error('thrown')
    process.kill(process.pid, 'SIGINT')
  }, 20)
}

/** Has threads, one after the other, that compute until they are asked to end. */
async function threads(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const worker = moduleThread(new URL(import.meta.url), { argv: ['thread'] })
    await once(worker, 'message')
    worker.postMessage('end')
    const [code] = await once(worker, 'exit')
    process.stdout.write(`${code} `)
  }
}

/** Such a thread: finishes what it began, frees what it holds, and exits. */
async function thread(): Promise<void> {
  await compiled(x)
  const calls = [compiled(x), compiled(x)]
  parentPort?.once('message', async () => {
    await Promise.all(calls)
    await compiled.dispose()
    process.exit(5)
  })
  parentPort?.postMessage('begun')
}

const how = process.argv[2] ?? 'end'
await (isMainThread ? (how === 'threads' ? threads() : end(how)) : thread())
