import '@tensorflow/tfjs-backend-cpu'
import '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { discretizedGaussianLogLikelihood, gaussianKl } from './gaussians.ts'

const images = (values: readonly number[]) => tf.tensor4d([...values], [values.length, 1, 1, 1])
const density = (x: number, mean: number, variance: number) =>
  Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)

test('the divergence of Gaussians is its integral', () => {
  const pairs = [
    [0.3, 0.5, -0.2, 0.8],
    [0.1, 0.04, 0.1, 0.04],
    [-1, 1.5, 1, 0.3],
  ]
  const column = (i: number, f: (x: number) => number = (x) => x) => images(pairs.map((pair) => f(pair[i]!)))
  const kl = gaussianKl(
    { mean: column(0), logVariance: column(1, Math.log) },
    { mean: column(2), logVariance: column(3, Math.log) },
  ).dataSync()
  pairs.forEach(([m1, v1, m2, v2], i) => {
    let integral = 0
    for (let x = -15; x < 15; x += 1e-3) {
      const q = density(x, m1!, v1!)
      if (q > 0)
        integral += q * (Math.log(q) - (-((x - m2!) ** 2) / (2 * v2!) - Math.log(2 * Math.PI * v2!) / 2)) * 1e-3
    }
    expect(Math.abs(kl[i]! - integral)).toBeLessThan(1e-5)
  })
})

test.each([
  [0.1, 0.3],
  [-0.98, 0.05],
  [1.3, 0.2],
  [0.002, 0.003],
])('the 256 levels have a probability of 1 together, each its integral, mean %f, deviation %f', (mean, deviation) => {
  const levels = Array.from({ length: 256 }, (_, i) => (i / 255) * 2 - 1)
  const gaussian = {
    mean: images(levels.map(() => mean)),
    logVariance: images(levels.map(() => 2 * Math.log(deviation))),
  }
  const probabilities = discretizedGaussianLogLikelihood(images(levels), gaussian).dataSync<'float32'>().map(Math.exp)
  expect(probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 5)
  levels.forEach((level, i) => {
    const [from, to] = [i === 0 ? -10 : level - 1 / 255, i === 255 ? 10 : level + 1 / 255]
    let integral = 0
    const h = (to - from) / 20000
    for (let k = 0; k < 20000; k++) integral += density(from + (k + 0.5) * h, mean, deviation ** 2) * h
    // The tanh approximates the distribution function to 2e-4.
    expect(Math.abs(probabilities[i]! - integral)).toBeLessThan(4e-4)
  })
})

test('no likelihood is below 1e-12, and its gradient is finite', () => {
  const logVariance = images([-12, -12, -12])
  const at = (mean: tf.Tensor4D) => discretizedGaussianLogLikelihood(images([-1, 0, 1]), { mean, logVariance })
  const mean = images([1, 1, -1])
  for (const p of at(mean).dataSync()) expect(p).toBeCloseTo(Math.log(1e-12), 4)
  for (const slope of tf
    .grad((m) => tf.sum(at(m as tf.Tensor4D)))(mean)
    .dataSync())
    expect(Math.abs(slope)).toBe(0)
})
