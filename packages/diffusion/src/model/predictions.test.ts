import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { predictionTarget, readPrediction, vFrom, xtFrom } from './predictions.ts'

const shape = [2, 1, 2, 1]
const [data, noise] = [
  [0.5, -0.25, 0.875, -1],
  [1.25, -0.5, 0.1, 2],
]
const [alphas, sigmas] = [
  [0.8, 0.28],
  [0.6, 0.96],
]

for (const compile of [eager, jit])
  test.each(['epsilon', 'x0', 'v'] as const)(
    'the target of a prediction leads back to data and noise: %s',
    async (prediction) => {
      const fn = compile((x0: tf.Tensor4D, epsilon: tf.Tensor4D, alpha: tf.Tensor4D, sigma: tf.Tensor4D) => {
        const level = { alpha, sigma }
        const truth = { x0, epsilon }
        const xt = xtFrom(truth, level)
        return { xt, ...readPrediction(prediction, predictionTarget(prediction, truth, level), xt, level) }
      })
      const levels = [alphas!, sigmas!].map((values) => float32(values, [2, 1, 1, 1])) as [never, never]
      const read = await fn(float32(data!, shape), float32(noise!, shape), ...levels)
      await fn.dispose()
      data!.forEach((x0, i) => {
        const [alpha, sigma] = [alphas![i >> 1]!, sigmas![i >> 1]!]
        expect(read.xt.data[i]).toBeCloseTo(alpha * x0 + sigma * noise![i]!, 6)
        expect(read.x0.data[i]).toBeCloseTo(x0, 5)
        expect(read.epsilon.data[i]).toBeCloseTo(noise![i]!, 5)
      })
    },
  )

test('v is the direction in which x_t turns: the derivative by the angle of (alpha, sigma)', () => {
  const images = (values: readonly number[]) => tf.tensor4d([...values], [2, 1, 2, 1])
  const at = (angle: number) => ({ alpha: tf.scalar(Math.cos(angle)), sigma: tf.scalar(Math.sin(angle)) })
  const truth = { x0: images(data!), epsilon: images(noise!) }
  const [before, after] = [0.69, 0.71].map((angle) => xtFrom(truth, at(angle)).dataSync())
  vFrom(truth, at(0.7))
    .dataSync()
    .forEach((v, i) => void expect(v).toBeCloseTo((after![i]! - before![i]!) / 0.02, 3))
})
