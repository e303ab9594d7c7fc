import '@tensorflow/tfjs-backend-cpu'
import { linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { noiseLevel } from '../process/noise-level.ts'
import { posteriorBetween, qPosterior } from './posterior.ts'

const schedule = linearSchedule(50)

/**
 * q(x_s | x_t, x0) for s < t by conditioning the joint Gaussian of x_s and x_t = a x_s + √(1 - a²) ε, with a the product
 * of √(1 - β) over the steps from s to t.
 */
function conditioned(s: number, t: number, x0: number, xt: number) {
  const product = (upTo: number) => schedule.betas.slice(0, upTo + 1).reduce((p, beta) => p * (1 - beta), 1)
  const a2 = product(t) / product(s)
  const varS = 1 - product(s)
  const gain = (Math.sqrt(a2) * varS) / (a2 * varS + 1 - a2)
  const meanS = Math.sqrt(product(s)) * x0
  return {
    mean: meanS + gain * (xt - Math.sqrt(a2) * meanS),
    variance: varS - gain * Math.sqrt(a2) * varS,
    beta: 1 - a2,
  }
}

test.each([
  [0, 1],
  [20, 21],
  [48, 49],
  [3, 40],
])('between steps %i and %i it is the conditioned joint Gaussian', (s, t) => {
  const q = posteriorBetween(noiseLevel(schedule, t), noiseLevel(schedule, s))
  const { mean, variance, beta } = conditioned(s, t, 0.3, -1.7)
  expect(Math.abs(q.x0 * 0.3 + q.xt * -1.7 - mean)).toBeLessThan(1e-13)
  expect(q.small / variance).toBeCloseTo(1, 10)
  expect(q.large / beta).toBeCloseTo(1, 12)
})

test('the step to the data gives x0 itself', () => {
  const q = posteriorBetween(noiseLevel(schedule, 7), noiseLevel(schedule, -1))
  expect(q.x0).toBeCloseTo(1, 14)
  expect([q.xt, q.small]).toEqual([0, 0])
})

test('with one step for each image', () => {
  const x0 = [0.3, -0.9]
  const xt = [-1.7, 0.4]
  const q = qPosterior(
    schedule,
    tf.tensor4d(x0, [2, 1, 1, 1]),
    tf.tensor4d(xt, [2, 1, 1, 1]),
    tf.tensor1d([30, 1], 'int32'),
  )
  const expected = [30, 1].map((t, i) => conditioned(t - 1, t, x0[i]!, xt[i]!))
  expected.forEach(({ mean, variance }, i) => {
    expect(q.mean.dataSync()[i]).toBeCloseTo(mean, 6)
    expect(q.logVariance.dataSync()[i]).toBeCloseTo(Math.log(variance), 5)
  })
})

test('a step outside the process has no noise level', () => {
  expect(() => noiseLevel(schedule, 50)).toThrow('noiseLevel: expected a step from -1 to 49, got 50')
})
