import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { linearSchedule } from '../discrete/linear.ts'
import { sampleTimesteps, uniformTimesteps } from './timestep-samplers.ts'

test('uniformTimesteps draws every step of the process about equally often', () => {
  const { dtype, shape, data } = uniformTimesteps(20_000, linearSchedule(20), rng(3))
  expect([dtype, shape]).toEqual(['int32', [20_000]])
  const counts = Array.from({ length: 20 }, (_, t) => data.filter((x) => x === t).length)
  expect(counts.reduce((sum, n) => sum + n)).toBe(20_000)
  // Chi-squared with 19 degrees of freedom exceeds 50 once in 7000.
  expect(counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(50)
})

test('sampleTimesteps draws in proportion to the probabilities, and the weights compensate', () => {
  const { t, weights } = sampleTimesteps(8000, [1, 0, 5, 2], rng(4))
  expect([t.dtype, t.shape, weights.dtype, weights.shape]).toEqual(['int32', [8000], 'float32', [8000]])
  const counts = [0, 1, 2, 3].map((step) => t.data.filter((x) => x === step).length)
  expect(counts[1]).toBe(0)
  const expected = [1000, 0, 5000, 2000]
  // Chi-squared with 2 degrees of freedom exceeds 18 once in 8000.
  const chi = counts.reduce((sum, n, i) => sum + (n - expected[i]!) ** 2 / (expected[i]! || 1), 0)
  expect(chi).toBeLessThan(18)
  const weightOf: Record<number, number> = { 0: 2, 2: 0.4, 3: 1 }
  t.data.forEach((step, i) => {
    expect(weights.data[i]).toBe(Math.fround(weightOf[step]!))
  })
  // The mean of weighted values is that over all steps of positive probability: (0 + 20 + 30) / 4 for value 10 t.
  const mean = t.data.reduce((sum, step, i) => sum + 10 * step * weights.data[i]!, 0) / 8000
  expect(Math.abs(mean - 12.5)).toBeLessThan(0.5)
})

test('sampleTimesteps draws are a function of the key, and include the last step', () => {
  expect(sampleTimesteps(9, [1, 2, 3], rng(1))).toEqual(sampleTimesteps(9, [1, 2, 3], rng(1)))
  expect([...sampleTimesteps(3, [0, 0, 1], rng(1)).t.data]).toEqual([2, 2, 2])
})

test('invalid probabilities are refused', () => {
  for (const p of [-1, Number.NaN, Infinity])
    expect(() => sampleTimesteps(1, [1, p], rng(1))).toThrow(`expected probabilities of at least 0, got ${p} at step 1`)
  for (const none of [[], [0, 0]])
    expect(() => sampleTimesteps(1, none, rng(1))).toThrow('sampleTimesteps: expected a probability above 0, got none')
})
