import '@tensorflow/tfjs-backend-cpu'
import { linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { noiseLevelAt } from '../process/noise-level.ts'
import type { DiffusionProcess } from '../process/process.ts'
import { denoiser } from './denoiser.ts'
import { predictionTarget } from './predictions.ts'
import { keepX0 } from './process-x0.ts'

const process: DiffusionProcess = {
  schedule: linearSchedule(40),
  prediction: 'epsilon',
  variance: 'fixed-large',
  noiseInput: 'timestep',
}
const t = tf.tensor1d([5, 30], 'int32')
const level = noiseLevelAt(process, t)
const x0 = tf.tensor4d([0.25, 1.5], [2, 1, 1, 1])
const epsilon = tf.tensor4d([-1.25, 0.5], [2, 1, 1, 1])
const alphas = [5, 30].map((i) => Math.sqrt(process.schedule.alphasCumprod[i]!))
const sigmas = alphas.map((alpha) => Math.sqrt(1 - alpha * alpha))
const xt = tf.tensor4d([0.25 * alphas[0]! - 1.25 * sigmas[0]!, 1.5 * alphas[1]! + 0.5 * sigmas[1]!], [2, 1, 1, 1])

const close = (actual: tf.Tensor, expected: readonly number[]) =>
  actual.dataSync().forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 5))

test('x0 follows from the predicted noise', () => {
  const denoised = denoiser({ network: () => epsilon, process }, { processX0: keepX0 })(xt, level, undefined)
  close(denoised.x0, Array.from(x0.dataSync()))
  close(denoised.epsilon, Array.from(epsilon.dataSync()))
})

test('clips x0 to [-1, 1] and computes epsilon from it', () => {
  const denoised = denoiser({ network: () => epsilon, process })(xt, level, undefined)
  close(denoised.x0, [0.25, 1])
  close(denoised.epsilon, [-1.25, (xt.dataSync()[1]! - alphas[1]!) / sigmas[1]!])
})

test('conditions the network on the steps and the condition', () => {
  const seen: unknown[] = []
  const network = (_: tf.Tensor4D, noise: tf.Tensor1D, condition: string) => {
    seen.push(Array.from(noise.dataSync()), noise.dtype, condition)
    return epsilon
  }
  denoiser({ network, process })(xt, level, 'condition')
  expect(seen).toEqual([[5, 30], 'float32', 'condition'])
})

test('a network with other channels than the images is an error', () => {
  const network = (x: tf.Tensor4D) => tf.concat([x, x], 3)
  expect(() => denoiser({ network, process })(xt, level, undefined)).toThrow(
    'network: expected an output [2,1,1,1] for x_t [2,1,1,1], as the variance is fixed-large, got [2,1,1,2]',
  )
})

test.each(['epsilon', 'x0', 'v'] as const)(
  'a network that predicts %s, with channels for its variance',
  (prediction) => {
    const learned: DiffusionProcess = { ...process, prediction, variance: 'learned' }
    const target = predictionTarget(prediction, { x0, epsilon }, level)
    const network = () => tf.concat([target, tf.fill([2, 1, 1, 1], -2.5)], 3) as tf.Tensor4D
    const denoised = denoiser({ network, process: learned }, { processX0: keepX0 })(xt, level, undefined)
    close(denoised.x0, [0.25, 1.5])
    close(denoised.epsilon, [-1.25, 0.5])
    close(denoised.logVariance!({ small: tf.scalar(-9), large: tf.scalar(-1) }), [-2.5, -2.5])
    const clipped = denoiser({ network, process: learned })(xt, level, undefined)
    close(clipped.x0, [0.25, 1])
    close(clipped.logVariance!({ small: tf.scalar(-9), large: tf.scalar(-1) }), [-2.5, -2.5])
  },
)

test('unknown names are errors', () => {
  const of = (change: object) => () => denoiser({ network: () => epsilon, process: { ...process, ...change } })
  expect(of({ prediction: 'eps' })).toThrow("process: expected a prediction, one of 'epsilon', 'x0', 'v'; got 'eps'")
  expect(of({ variance: 'small' })).toThrow(
    "process: expected a variance, one of 'fixed-small', 'fixed-large', 'learned', 'learned-range'; got 'small'",
  )
  expect(of({ noiseInput: 'sigma' })).toThrow(
    "process: expected a noiseInput, one of 'timestep', 'rescaled-timestep', 'noise-level', 'log-snr'; got 'sigma'",
  )
})
