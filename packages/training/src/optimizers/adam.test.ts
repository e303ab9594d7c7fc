import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import type * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { adam, adamScales } from './adam.ts'

/** Algorithm 1 of the paper as it stands there, in float64, with the moments corrected one by one. */
function reference(x: number[], gradients: number[][], rate: number, beta1: number, beta2: number, epsilon: number) {
  const m = x.map(() => 0)
  const v = x.map(() => 0)
  gradients.forEach((g, step) => {
    const t = step + 1
    for (let i = 0; i < x.length; i++) {
      m[i] = beta1 * m[i]! + (1 - beta1) * g[i]!
      v[i] = beta2 * v[i]! + (1 - beta2) * g[i]! ** 2
      const mHat = m[i]! / (1 - beta1 ** t)
      const vHat = v[i]! / (1 - beta2 ** t)
      x[i] = x[i]! - (rate * mHat) / (Math.sqrt(vHat) + epsilon)
    }
  })
  // As sums: without the factors of their means.
  return { x, m: m.map((a) => a / (1 - beta1)), v: v.map((a) => a / (1 - beta2)) }
}

test.each([
  { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  { beta1: 0.5, beta2: 0.9, epsilon: 0.1 },
])('agrees with the float64 algorithm of the paper at %o', async (options) => {
  const gradients = Array.from({ length: 50 }, (_, t) =>
    [...rng(1).fold(t).normal([4]).data].map((g) => g * 10 ** ((t % 5) - 3)),
  )
  const step = eager((x: tf.Tensor1D, g: tf.Tensor1D, m: tf.Tensor1D, v: tf.Tensor1D, a: tf.Scalar, b: tf.Scalar) =>
    adam(x, g, { m, v }, { stepSize: a, epsilon: b }, options),
  )
  const start = [1, -2, 0, 30]
  let state = { x: float32(start), m: float32([0, 0, 0, 0]), v: float32([0, 0, 0, 0]) } as Awaited<
    ReturnType<typeof step>
  >
  for (const [t, g] of gradients.entries()) {
    const { stepSize, epsilon } = adamScales(t + 1, 0.02, options)
    state = await step(state.x, float32(g), state.m, state.v, float32(stepSize), float32(epsilon))
  }
  const expected = reference([...start], gradients, 0.02, options.beta1, options.beta2, options.epsilon)
  for (const key of ['x', 'm', 'v'] as const)
    for (const [i, value] of expected[key].entries())
      expect(Math.abs(state[key].data[i]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
})
