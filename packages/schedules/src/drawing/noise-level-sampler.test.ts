import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { linearSchedule } from '../discrete/linear.ts'
import { type PiecewiseUniformOptions, piecewiseUniformNoiseLevels } from './noise-level-sampler.ts'

const schedule = linearSchedule(40)

test.each<[NonNullable<PiecewiseUniformOptions['uniformIn']>, (alphaCumprod: number) => number]>([
  ['alpha', Math.sqrt],
  ['alphaCumprod', (x) => x],
])('levels are uniform in %s between the steps', (uniformIn, level) => {
  const n = 5000
  const { t, alpha, sigma } = piecewiseUniformNoiseLevels(n, schedule, rng(7), { uniformIn })
  expect([t.dtype, t.shape, alpha.length, sigma.length]).toEqual(['int32', [n], n, n])
  const places = alpha.map((a, i) => {
    expect(a ** 2 + sigma[i]! ** 2).toBeCloseTo(1, 14)
    const from = level(schedule.alphasCumprodPrev[t.data[i]!]!)
    return (from - level(a ** 2)) / (from - level(schedule.alphasCumprod[t.data[i]!]!))
  })
  /** Chi-squared of counts in ten classes: with 9 degrees of freedom it exceeds 33 once in 7000. */
  const chi = (classes: Float64Array) => {
    const counts = Array.from({ length: 10 }, (_, k) => classes.filter((c) => Math.floor(c) === k).length)
    expect(counts.reduce((sum, count) => sum + count)).toBe(n)
    return counts.reduce((sum, count) => sum + (count - n / 10) ** 2 / (n / 10), 0)
  }
  expect(chi(places.map((p) => Math.min(Math.max(p, 0), 0.999999) * 10))).toBeLessThan(33)
  expect(chi(Float64Array.from(t.data, (step) => (step / 40) * 10))).toBeLessThan(33)
  for (const p of places) expect(Math.abs(p - 0.5)).toBeLessThan(0.5 + 1e-9)
})

test('√ᾱ is uniform by default, and the draws are a function of the key', () => {
  const levels = piecewiseUniformNoiseLevels(6, schedule, rng(1))
  expect(levels).toEqual(piecewiseUniformNoiseLevels(6, schedule, rng(1), { uniformIn: 'alpha' }))
  expect(levels).not.toEqual(piecewiseUniformNoiseLevels(6, schedule, rng(2)))
})
