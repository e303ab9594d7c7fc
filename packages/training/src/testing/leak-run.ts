import type { Params } from '@cascade-diffusion/arrays'
import { type Compile, disposeAll } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import type { AnyTrainState } from '../step/state.ts'
import { trainer } from '../step/trainer.ts'

/** What a process holds after some steps. */
export interface Held {
  readonly steps: number
  /** Resident memory, memory of JavaScript's heap and of its arrays, in MB. */
  readonly rss: number
  readonly heap: number
  readonly arrays: number
  /** Open files and other handles of the process; tensors of tfjs. */
  readonly handles: number
  readonly tensors: number
}

interface Batch {
  readonly x: tf.Tensor4D
  readonly y: tf.Tensor2D
}

const loss = (p: Params<tf.Tensor>, { x, y }: Batch) => {
  const hidden = tf.relu(tf.conv2d(x, p.kernel as tf.Tensor4D, 1, 'same'))
  const out = tf.matMul(tf.reshape(hidden, [4, -1]), p.weight as tf.Tensor2D)
  return tf.mean(tf.squaredDifference(out, y)) as tf.Scalar
}

/** Trains a tiny network for `steps` steps and says, `reports` times on the way, what the process holds. */
export async function leakRun(compile: Compile, steps: number, reports: number): Promise<Held[]> {
  const key = rng(1)
  const params = { kernel: key.normal([3, 3, 3, 8]), weight: key.fold(1).normal([8 * 8 * 8, 200]) }
  const training = trainer<Batch>(compile, loss)
  let state: AnyTrainState = training.init(params)
  const held: Held[] = []
  for (let i = 0; i < steps; i++) {
    const noise = key.fold('batch').fold(i)
    const batch = { x: noise.normal([4, 8, 8, 3]), y: noise.fold('y').normal([4, 200]) }
    const result = await training.step(state, batch, { t: i, learningRate: 1e-4 })
    if (!result.taken) throw new Error(`step ${i}: the loss is ${result.loss}`)
    state = result.state
    if ((i + 1) % (steps / reports) === 0) held.push(now(i + 1))
  }
  disposeAll(state)
  await training.dispose()
  return held
}

function now(steps: number): Held {
  ;(globalThis as { gc?: () => void }).gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10
  return {
    steps,
    rss: megabytes(rss),
    heap: megabytes(heapUsed),
    arrays: megabytes(arrayBuffers),
    handles: process.getActiveResourcesInfo().length + openFiles(),
    tensors: tf.engine().state.numTensors,
  }
}

const openFiles = (): number => {
  const { existsSync, readdirSync } = process.getBuiltinModule('node:fs')
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0
}
