import { readFileSync } from 'node:fs'
import { float32 } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { expect, test, vi } from 'vitest'
import { type FeatureStatistics, featureStatistics } from './feature-statistics.ts'
import { frechetDistance } from './frechet-distance.ts'
import { frechetReference } from './frechet-reference.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

vi.mock('./symmetric-eigen.ts', { spy: true })

interface Case {
  name: string
  dimension: number
  fullRank: boolean
  features: [number[], number[]]
  distance: number
}
const cases: Case[] = JSON.parse(readFileSync(new URL('./fixtures/frechet-distance.json', import.meta.url), 'utf8'))

/** Of any two statistics. */
const distanceOf = (a: FeatureStatistics, b: FeatureStatistics) => frechetDistance(a, frechetReference(b))

const gaussian = (mean: number[], covariance: number[][], count = 5000): FeatureStatistics => ({
  count,
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance.flat()),
})
const diagonal = (values: number[]) => values.map((x, i) => values.map((_, j) => (i === j ? x : 0)))
const outer = (u: number[]) => u.map((x) => u.map((y) => x * y))

test.each(cases)('agrees with scipy.linalg.sqrtm: $name', ({ dimension, fullRank, features, distance }) => {
  const [a, b] = features.map((xs) => featureStatistics(float32(xs, [xs.length / dimension, dimension])))
  // scipy's root of a singular product is good to about the root of the rounding error only.
  expect(Math.abs(distanceOf(a!, b!).distance - distance)).toBeLessThan(fullRank ? 1e-10 : 2e-6)
})

test('equal statistics are at distance 0, full rank or not', () => {
  for (const count of [200, 20]) {
    const a = featureStatistics(rng(0).normal([count, 32]))
    expect(distanceOf(a, a).distance).toBeLessThan(1e-12)
  }
})

test('diagonal covariances: the sum of (√a - √b)² and the squared distance of the means', () => {
  const a = gaussian([1, 2, 3], diagonal([4, 0, 1e-6]))
  const b = gaussian([1, 0, 4], diagonal([9, 2, 1e-8]))
  const expected = 0 + 4 + 1 + (2 - 3) ** 2 + 2 + (1e-3 - 1e-4) ** 2
  expect(distanceOf(a, b).distance).toBeCloseTo(expected, 12)
  expect(distanceOf(b, a).distance).toBeCloseTo(expected, 12)
})

test('covariances of rank one: |u|² + |v|² - 2 |u·v|', () => {
  const zero = [0, 0, 0]
  const distance = (u: number[], v: number[]) => distanceOf(gaussian(zero, outer(u)), gaussian(zero, outer(v))).distance
  expect(distance([1, 2, 2], [3, 0, -4])).toBeCloseTo(9 + 25 - 2 * 5, 12)
  expect(distance([1, 2, 2], [2, 1, -2])).toBeCloseTo(18, 6)
  expect(distance(zero, [3, 0, -4])).toBe(25)
})

test('scaled covariances: (1 - √k)² of the trace', () => {
  const a = featureStatistics(rng(3).normal([300, 24]))
  const b = { ...a, covariance: a.covariance.map((x) => 9 * x) }
  const trace = a.covariance.reduce((sum, x, k) => (k % 25 === 0 ? sum + x : sum), 0)
  expect(distanceOf(a, b).distance).toBeCloseTo(4 * trace, 10)
})

test('the counts come along, and too few samples are warned of', () => {
  const zero = new Array<number>(3).fill(0)
  const of = (count: number) => gaussian(zero, diagonal([1, 1, 1]), count)
  const enough = distanceOf(of(2048), of(60000))
  expect(enough).toEqual({ distance: 0, counts: [2048, 60000], dimension: 3, warnings: [] })
  expect(distanceOf(of(2047), of(60000)).warnings).toEqual([expect.stringContaining('2047 samples are fewer')])
  expect(distanceOf(of(60000), of(4)).warnings).toHaveLength(1)
  expect(distanceOf(of(60000), of(3)).warnings).toEqual([
    expect.stringContaining('3 samples give a covariance of 3 features that lacks full rank'),
    expect.stringContaining('3 samples are fewer than the 2048'),
  ])
})

test('statistics that do not fit are refused', () => {
  const one = gaussian([0], [[1]])
  expect(() => distanceOf(one, gaussian([0, 0], diagonal([1, 1])))).toThrow('one dimension, got 1 and 2')
  const single = gaussian([0], [[1]], 1)
  expect(() => frechetReference(single)).toThrow('frechetReference: expected at least 2 samples, got 1')
  expect(() => distanceOf(single, one)).toThrow('frechetDistance: expected at least 2 samples, got 1 and 5000')
  expect(() => frechetDistance(one, one as never)).toThrow('expected a reference, as frechetReference gives it')
})

test('the distance is the same whichever side is the reference, with fewer samples than features too', () => {
  const real = featureStatistics(rng(1).normal([400, 24]))
  for (const count of [300, 10]) {
    const generated = featureStatistics(rng(2).normal([count, 24]))
    const [there, back] = [distanceOf(generated, real).distance, distanceOf(real, generated).distance]
    expect(there).toBeGreaterThan(0.1)
    expect(Math.abs(there - back)).toBeLessThan(1e-10)
  }
})

test('the factor of a reference rebuilds its covariance', () => {
  for (const count of [40, 5]) {
    const { covariance, factor } = frechetReference(featureStatistics(rng(3).normal([count, 8])))
    expect(factor.length).toBe(8 * Math.min(8, count - 1))
    for (let i = 0; i < 8; i++)
      for (let j = 0; j < 8; j++) {
        let sum = 0
        for (let r = 0; r < factor.length / 8; r++) sum += factor[r * 8 + i]! * factor[r * 8 + j]!
        expect(sum).toBeCloseTo(covariance[i * 8 + j]!, 12)
      }
  }
})

test('eigenvectors are computed once for any number of comparisons with a reference', () => {
  vi.mocked(symmetricEigen).mockClear()
  const reference = frechetReference(featureStatistics(rng(4).normal([50, 6])))
  const distances = [5, 6, 7].map(
    (seed) => frechetDistance(featureStatistics(rng(seed).normal([50, 6])), reference).distance,
  )
  expect(new Set(distances).size).toBe(3)
  expect(symmetricEigen).toHaveBeenCalledTimes(1)
})
