import '@tensorflow/tfjs-backend-cpu'
import { readFileSync } from 'node:fs'
import { float32, int32 } from '@cascade-diffusion/arrays'
import type { DiffusionProcess } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { simpleLoss, simpleLossPerExample } from './simple.ts'

const reference = JSON.parse(readFileSync(new URL('./fixtures/linear40-simple.json', import.meta.url), 'utf8')) as {
  readonly [key in 'x0' | 'noise' | 't' | 'mse']: number[]
}
const process: DiffusionProcess = {
  schedule: linearSchedule(40),
  prediction: 'epsilon',
  variance: 'fixed-large',
  noiseInput: 'timestep',
}

/** tanh(slope x + shift t), with parameters [slope, shift]: that of the reference at [0.3, 0.0004]. */
const withParameters = (parameters: tf.Tensor1D) => (xt: tf.Tensor4D, noise: tf.Tensor1D) => {
  const [slope, shift] = [tf.slice(parameters, [0], [1]), tf.slice(parameters, [1], [1])]
  const t = tf.reshape(noise, [noise.shape[0], 1, 1, 1])
  return tf.tanh(tf.add<tf.Tensor4D>(tf.mul(slope, xt), tf.mul(shift, t)))
}

const arrays = [
  float32(reference.x0, [4, 4, 4, 3]),
  int32(reference.t),
  float32(reference.noise, [4, 4, 4, 3]),
] as const
const parameters = float32([0.3, 0.0004])

const losses = (p: tf.Tensor1D, x0: tf.Tensor4D, t: tf.Tensor1D, epsilon: tf.Tensor4D) => {
  const model = { network: withParameters(p), process }
  const input = { x0, t, epsilon, condition: undefined }
  return { each: simpleLossPerExample(model, input), all: simpleLoss(model, input) }
}

test.each([
  ['eager', eager],
  ['jit', jit],
] as const)("is guided-diffusion's mean squared error, %s", async (_, compile) => {
  const compiled = compile(losses)
  const { each, all } = await compiled(parameters, ...arrays)
  await compiled.dispose()
  reference.mse.forEach((mse, i) => void expect(Math.abs(each.data[i]! / mse - 1)).toBeLessThan(1e-6))
  expect(all.data[0]! / (reference.mse.reduce((sum, mse) => sum + mse) / 4)).toBeCloseTo(1, 6)
})

test.each([
  ['eager', eager],
  ['jit', jit],
] as const)('gradients are those of finite differences in float64, %s', async (_, compile) => {
  const gradient = compile((p: tf.Tensor1D, x0: tf.Tensor4D, t: tf.Tensor1D, epsilon: tf.Tensor4D) =>
    tf.grad((q) => losses(q as tf.Tensor1D, x0, t, epsilon).all)(p),
  )
  const actual = await gradient(parameters, ...arrays)
  await gradient.dispose()
  const loss = (p: readonly number[]) => {
    const terms = reference.x0.map((x0, i) => {
      const t = reference.t[Math.floor(i / 48)]!
      const a = process.schedule.alphasCumprod[t]!
      const xt = Math.sqrt(a) * x0 + Math.sqrt(1 - a) * reference.noise[i]!
      return (reference.noise[i]! - Math.tanh(p[0]! * xt + p[1]! * t)) ** 2
    })
    return terms.reduce((sum, term) => sum + term) / terms.length
  }
  const h = 1e-5
  const expected = [
    (loss([0.3 + h, 0.0004]) - loss([0.3 - h, 0.0004])) / (2 * h),
    (loss([0.3, 0.0004 + h]) - loss([0.3, 0.0004 - h])) / (2 * h),
  ]
  expected.forEach((value, i) => void expect(Math.abs(actual.data[i]! / value - 1)).toBeLessThan(1e-5))
})

test('a network with other channels than the images is an error', () => {
  const network = (xt: tf.Tensor4D) => tf.concat([xt, xt], 3)
  const x0 = tf.zeros<tf.Rank.R4>([2, 4, 4, 3])
  const input = { x0, t: tf.tensor1d([1, 2], 'int32'), epsilon: x0, condition: undefined }
  expect(() => simpleLoss({ network, process }, input)).toThrow(
    'network: expected an output [2,4,4,3] for x_t [2,4,4,3], as the variance is fixed-large, got [2,4,4,6]',
  )
})
