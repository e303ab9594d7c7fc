import { readFileSync } from 'node:fs'
import { float32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { type FeatureStatistics, featureStatistics, mergeStatistics, streamStatistics } from './feature-statistics.ts'

interface Case {
  name: string
  dimension: number
  features: [number[], number[]]
  means: [number[], number[]]
  covariances: [number[], number[]]
}
const cases: Case[] = JSON.parse(readFileSync(new URL('./fixtures/frechet-distance.json', import.meta.url), 'utf8'))

function expectClose(actual: Float64Array, expected: ArrayLike<number>) {
  expect(actual.length).toBe(expected.length)
  actual.forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i]!, 12)
  })
}

test.each(cases)('featureStatistics agrees with NumPy: $name', ({ dimension, features, means, covariances }) => {
  features.forEach((values, side) => {
    const { count, mean, covariance } = featureStatistics(float32(values, [values.length / dimension, dimension]))
    expect(count).toBe(values.length / dimension)
    expectClose(mean, means[side]!)
    expectClose(covariance, covariances[side]!)
  })
})

test('merged statistics are those of all features at once, in any grouping', () => {
  const features = rng(1).normal([50, 4])
  const { data } = features
  // A large common offset: sums of squares would lose it in cancellation.
  for (let i = 0; i < data.length; i++) data[i] = data[i]! + 1000 * (i % 4) + (i < 80 ? 5 : 0)
  const part = (from: number, to: number) => featureStatistics(rows(features, from, to))
  const whole = featureStatistics(features)
  const fromLeft = [part(0, 1), part(1, 2), part(2, 20), part(20, 50)].reduce(mergeStatistics)
  const asTree = mergeStatistics(mergeStatistics(part(0, 9), part(9, 30)), mergeStatistics(part(30, 49), part(49, 50)))
  for (const merged of [fromLeft, asTree]) {
    expect(merged.count).toBe(50)
    merged.mean.forEach((x, i) => {
      expect(Math.abs(x - whole.mean[i]!)).toBeLessThan(1e-11)
    })
    merged.covariance.forEach((x, i) => {
      expect(Math.abs(x - whole.covariance[i]!)).toBeLessThan(1e-10)
    })
  }
})

test('a single vector has no covariance', () => {
  const { count, mean, covariance } = featureStatistics(float32([1, 2], [1, 2]))
  expect({ count, mean: [...mean], covariance: [...covariance] }).toEqual({
    count: 1,
    mean: [1, 2],
    covariance: [0, 0, 0, 0],
  })
})

test('streamStatistics merges batches as they come', async () => {
  async function* batches(): AsyncGenerator<NDArray> {
    yield float32([1, 2, 3, 6], [2, 2])
    yield float32([5, 1], [1, 2])
  }
  const { count, mean, covariance }: FeatureStatistics = await streamStatistics(batches())
  expect(count).toBe(3)
  expectClose(mean, [3, 3])
  // Deviations (-2, -1), (0, 3), (2, -2), over 2
  expectClose(covariance, [4, -1, -1, 7])
  async function* nothing(): AsyncGenerator<NDArray> {}
  await expect(streamStatistics(nothing())).rejects.toThrow('expected at least one batch of features, got none')
})

test('bad features are refused', () => {
  expect(() => featureStatistics(float32([1, 2]))).toThrow('expected features of shape [N, D], got [2]')
  expect(() => featureStatistics(float32([], [0, 3]))).toThrow('expected features of shape [N, D], got [0,3]')
  expect(() => featureStatistics(float32([1, 2, 3, Number.NaN], [2, 2]))).toThrow('got NaN in row 1')
  const two = featureStatistics(float32([1, 2], [1, 2]))
  expect(() => mergeStatistics(two, featureStatistics(float32([1], [1, 1])))).toThrow('got 2 and 1')
})
