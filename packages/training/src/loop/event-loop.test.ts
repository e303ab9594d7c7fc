import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ndarray } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import '@cascade-diffusion/ops' // registers gradients
import type { Params } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import type { TrainOptions } from './options.ts'
import { train } from './train.ts'
import { TrainingInterrupted } from './training-interrupted.ts'

interface Batch {
  readonly x: tf.Tensor2D
}

const size = 384
const params = {
  w: ndarray(
    rng(1)
      .normal([size, size])
      .data.map((x) => x / 40),
    [size, size],
  ),
}

/** A deep product, whose step takes some hundred milliseconds. */
const loss = (p: Params<tf.Tensor>, { x }: Batch) => {
  let h: tf.Tensor2D = x
  for (let i = 0; i < 24; i++) h = tf.tanh(tf.matMul(h, p.w as tf.Tensor2D)) as tf.Tensor2D
  return tf.mean(tf.square(h)) as tf.Scalar
}

const options: Omit<TrainOptions<Batch>, 'steps'> = {
  params,
  loss,
  batch: (_, rng) => ({ x: rng.normal([size, size]) }),
  seed: 1,
  compile: (fn) => jit(fn),
  learningRate: 1e-4,
}

test('timers and servers work during training steps', async () => {
  const server = createServer((_, response) => response.end('here')).listen(0)
  let [ticks, most, answers] = [0, 0, 0]
  const timer = setInterval(() => ticks++, 1)
  try {
    const ask = () =>
      get({ port: (server.address() as AddressInfo).port, agent: false }, (response) => {
        response.resume().on('end', () => answers++)
      }).on('error', () => {}) // the last may come when the server is closed
    const { step } = await train({
      ...options,
      steps: 4,
      progress: () => {
        most = Math.max(most, ticks)
        ticks = 0
        ask()
      },
    })
    expect(step).toBe(4)
    expect(most).toBeGreaterThan(5)
    // An answer takes several turns of the event loop: all but the last are there.
    expect(answers).toBeGreaterThanOrEqual(3)
  } finally {
    clearInterval(timer)
    server.close()
  }
})

test('a signal that aborts during a step is heard then, and that step is the last', async () => {
  const stop = new AbortController()
  let heard = 0
  const stopped: unknown = await train({
    ...options,
    steps: 1000,
    signal: stop.signal,
    progress: ({ step }) => {
      if (step === 2)
        setTimeout(() => {
          heard = step
          stop.abort()
        }, 1)
    },
  }).catch((error) => error)
  expect(stopped).toBeInstanceOf(TrainingInterrupted)
  expect({ step: (stopped as TrainingInterrupted).result.step, heard }).toEqual({ step: 3, heard: 2 })
})
