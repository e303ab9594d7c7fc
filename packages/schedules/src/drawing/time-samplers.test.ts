import { rng } from '@cascade-diffusion/random'
import { describe, expect, test } from 'vitest'
import { computed, relativeError } from '../reference-fixture.ts'
import { probit } from './probit.ts'
import { logitNormalTimes, logNormalSigmas, uniformTimes } from './time-samplers.ts'

test('probit is the inverse of the normal distribution in 50 digits', () => {
  expect(relativeError(computed['probit-of'].map(probit), computed.probit)).toBeLessThan(1e-14)
  expect([probit(0), probit(1)]).toEqual([-Infinity, Infinity])
})

const mean = (x: Float64Array) => x.reduce((sum, v) => sum + v, 0) / x.length
const deviation = (x: Float64Array) => Math.sqrt(mean(x.map((v) => (v - mean(x)) ** 2)))
const logit = (t: number) => Math.log(t / (1 - t))

/** How many of the values lie in each n-th of a distribution, whose values it takes to [0, 1). */
function countsIn(n: number, values: Float64Array, cumulative: (x: number) => number): number[] {
  const counts = new Array<number>(n).fill(0)
  for (const x of values) counts[Math.floor(cumulative(x) * n)]!++
  return counts
}

/** The normal distribution by Simpson's rule. */
function normalCumulative(x: number): number {
  const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  const h = x / 200
  const sum = Array.from({ length: 201 }, (_, i) => (i % 200 === 0 ? 1 : i % 2 ? 4 : 2) * density(i * h))
  return 0.5 + (h / 3) * sum.reduce((a, b) => a + b, 0)
}

describe.each([
  ['uniformTimes', uniformTimes, (t: number) => t],
  ['logitNormalTimes', logitNormalTimes, (t: number) => normalCumulative(logit(t))],
  ['logNormalSigmas', logNormalSigmas, (sigma: number) => normalCumulative((Math.log(sigma) + 1.2) / 1.2)],
] as const)('%s', (_, draw, cumulative) => {
  test('has its distribution', () => {
    const counts = countsIn(10, draw(5000, rng(5)), cumulative)
    // Chi-squared with 9 degrees of freedom exceeds 33 once in 7000.
    expect(counts.reduce((sum, n) => sum + (n - 500) ** 2 / 500, 0)).toBeLessThan(33)
  })

  test('low discrepancy: one draw in each n-th of the distribution, at a place that depends on the key', () => {
    const draws = Array.from({ length: 300 }, (_, i) => draw(16, rng(i), { lowDiscrepancy: true }))
    for (const values of draws) expect(countsIn(16, values, cumulative)).toEqual(new Array(16).fill(1))
    const first = countsIn(
      4,
      Float64Array.from(draws, (values) => values[0]!),
      cumulative,
    )
    // Chi-squared with 3 degrees of freedom exceeds 20 once in 6000.
    expect(first.reduce((sum, n) => sum + (n - 75) ** 2 / 75, 0)).toBeLessThan(20)
  })

  test('is a function of the key', () => {
    expect(draw(5, rng(1))).toEqual(draw(5, rng(1)))
    expect(draw(5, rng(1))).not.toEqual(draw(5, rng(2)))
  })
})

test('the underlying normal distributions can be chosen', () => {
  const options = { mean: 0.8, std: 0.5, lowDiscrepancy: true }
  for (const values of [
    logitNormalTimes(2000, rng(1), options).map(logit),
    logNormalSigmas(2000, rng(1), options).map(Math.log),
  ]) {
    expect(mean(values)).toBeCloseTo(0.8, 2)
    expect(deviation(values)).toBeCloseTo(0.5, 2)
  }
})

test('invalid options are refused', () => {
  expect(() => logNormalSigmas(3, rng(1), { std: 0 })).toThrow('logNormalSigmas: expected a finite mean and a standard')
  expect(() => logitNormalTimes(3, rng(1), { mean: Number.NaN })).toThrow('logitNormalTimes: expected a finite mean')
})
