import '@tensorflow/tfjs-backend-cpu'
import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import type * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { emaDecay, emaUpdate } from './averages.ts'

test('the decay rises from 0.1 to its limit', () => {
  expect([0, 1, 8, 89].map((t) => emaDecay(t, 0.9999))).toEqual([0.1, 2 / 11, 0.5, 90 / 99])
  expect(emaDecay(8, 0.3)).toBe(0.3)
  expect(emaDecay(1e9, 0.9999)).toBe(0.9999)
})

test('the average of a constant closes in by the product of the decays', async () => {
  const update = eager((average: tf.Tensor1D, value: tf.Tensor1D, decay: tf.Scalar) => emaUpdate(average, value, decay))
  let average: NDArray = float32([0, 4])
  let product = 1
  for (let t = 0; t < 30; t++) {
    const decay = emaDecay(t, 0.6)
    average = await update(average, float32([1, -2]), float32(decay))
    product *= decay
  }
  // a_t - c = Π d · (a_0 - c)
  expect(average.data[0]).toBeCloseTo(1 - product, 6)
  expect(average.data[1]).toBeCloseTo(-2 + 6 * product, 6)
})
