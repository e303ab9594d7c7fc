import '@tensorflow/tfjs-backend-cpu'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { follow } from '../testing/follow.ts'
import { adam } from './adam.ts'
import { adamw } from './adamw.ts'

const rate = 0.02
const start = [1, -2, 0, 30]
const gradients = Array.from({ length: 50 }, (_, t) =>
  [...rng(1).fold(t).normal([4]).data].map((g) => g * 10 ** ((t % 5) - 3)),
)

/**
 * Algorithm 2 of Loshchilov & Hutter in float64, with the moments corrected one by one; without decay Adam, algorithm 1
 * of the paper.
 */
function reference({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }) {
  const x = [...start]
  const m = x.map(() => 0)
  const v = x.map(() => 0)
  gradients.forEach((g, step) => {
    const t = step + 1
    for (let i = 0; i < x.length; i++) {
      m[i] = beta1 * m[i]! + (1 - beta1) * g[i]!
      v[i] = beta2 * v[i]! + (1 - beta2) * g[i]! ** 2
      const mHat = m[i]! / (1 - beta1 ** t)
      const vHat = v[i]! / (1 - beta2 ** t)
      x[i] = x[i]! - rate * (mHat / (Math.sqrt(vHat) + epsilon) + weightDecay * x[i]!)
    }
  })
  // As sums: without the factors of their means.
  return { x, m: m.map((a) => a / (1 - beta1)), v: v.map((a) => a / (1 - beta2)) }
}

test.each([
  ['adam', adam(), {}],
  ['adam', adam({ beta1: 0.5, beta2: 0.9, epsilon: 0.1 }), { beta1: 0.5, beta2: 0.9, epsilon: 0.1 }],
  ['adamw', adamw({ beta1: 0.8, weightDecay: 0.5 }), { beta1: 0.8, weightDecay: 0.5 }],
])('%s agrees with the float64 algorithm of its paper: case %#', async (_, optimizer, options) => {
  const { params, optimizer: slots } = await follow(optimizer, start, gradients, rate)
  const expected = reference(options)
  for (const [name, values] of Object.entries({ x: params.x!, m: slots.m!.x!, v: slots.v!.x! }))
    for (const [i, value] of expected[name as keyof typeof expected].entries())
      expect(Math.abs(values.data[i]! - value), name).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
})

test('settings with their defaults are the configuration', () => {
  expect(adam({ beta2: 0.99 }).config).toEqual({ name: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-8 })
  expect(adamw().config).toEqual([
    { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    { name: 'weight-decay', rate: 0.01 },
  ])
})

test('settings that are wrong', () => {
  expect(() => adam({ beta1: 1 })).toThrow('adam: expected beta1, a number from 0 to less than 1, got 1')
  expect(() => adam({ epsilon: -1 })).toThrow('adam: expected epsilon, a number from 0, got -1')
  expect(() => adamw({ weigthDecay: 1 } as never)).toThrow("Did you mean 'weightDecay'?")
  expect(() => adamw({ weightDecay: -1 })).toThrow('weightDecay: expected rate, a number from 0, got -1')
})
