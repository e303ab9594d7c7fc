import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rng } from './rng.ts'

const mean = (xs: ArrayLike<number>, power = 1): number => {
  let sum = 0
  for (let i = 0; i < xs.length; i++) sum += xs[i]! ** power
  return sum / xs.length
}

/** Kolmogorov-Smirnov: the greatest distance of distribution functions times √n; above 1.95 once in a thousand. */
function kolmogorovSmirnov(xs: Float32Array, cdf: (x: number) => number): number {
  const sorted = xs.slice().sort()
  const n = sorted.length
  let distance = 0
  sorted.forEach((x, i) => {
    distance = Math.max(distance, Math.abs(cdf(x) - i / n), Math.abs(cdf(x) - (i + 1) / n))
  })
  return distance * Math.sqrt(n)
}

/** The normal distribution function by Abramowitz and Stegun 7.1.26, to 1.5e-7. */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2)
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const upper = (series * Math.exp((-x * x) / 2)) / 2
  return x < 0 ? upper : 1 - upper
}

test('normal numbers have the moments and the distribution of the standard normal', () => {
  const n = 200_000
  const { data } = rng(1).normal([n])
  // Each bound is four standard errors.
  expect(Math.abs(mean(data))).toBeLessThan(4 / Math.sqrt(n))
  expect(Math.abs(mean(data, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
  expect(Math.abs(mean(data, 3))).toBeLessThan(4 * Math.sqrt(15 / n))
  expect(Math.abs(mean(data, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n))
  expect(kolmogorovSmirnov(data, normalCdf)).toBeLessThan(1.95)
})

test('the two numbers of a Box-Muller pair are uncorrelated, and so are their squares', () => {
  const n = 100_000
  const { data } = rng(2).normal([2 * n])
  const products = Float64Array.from({ length: n }, (_, i) => data[2 * i]! * data[2 * i + 1]!)
  const squares = Float64Array.from({ length: n }, (_, i) => (data[2 * i]! ** 2 - 1) * (data[2 * i + 1]! ** 2 - 1))
  expect(Math.abs(mean(products))).toBeLessThan(4 / Math.sqrt(n))
  expect(Math.abs(mean(squares))).toBeLessThan(4 * Math.sqrt(4 / n))
})

test('uniform numbers have the distribution of [0, 1)', () => {
  const n = 200_000
  const { data } = rng(3).uniform([n])
  expect(Math.abs(mean(data) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n))
  expect(kolmogorovSmirnov(data, (x) => x)).toBeLessThan(1.95)
  expect(data.every((x) => 0 <= x && x < 1)).toBe(true)
})

test('integers cover their range evenly', () => {
  const n = 70_000
  const counts = new Map<number, number>()
  for (const x of rng(4).integers([n], -3, 4).data) counts.set(x, (counts.get(x) ?? 0) + 1)
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3])
  const chiSquared = [...counts.values()].reduce((sum, c) => sum + (c - n / 7) ** 2 / (n / 7), 0)
  expect(chiSquared).toBeLessThan(22.5) // 6 degrees of freedom: once in a thousand
})

test('integers reach the ends of int32', () => {
  const { data } = rng(5).integers([10_000], -(2 ** 31), 2 ** 31)
  expect(Math.min(...data)).toBeLessThan(-2.1e9)
  expect(Math.max(...data)).toBeGreaterThan(2.1e9)
})

test('the same call gives the same numbers, and element i is draw offset + i', () => {
  const draws = {
    normal: (n: number, offset: number) => rng(6).normal([n], offset).data,
    uniform: (n: number, offset: number) => rng(6).uniform([n], offset).data,
    integers: (n: number, offset: number) => rng(6).integers([n], 0, 1000, offset).data,
  }
  for (const draw of Object.values(draws)) {
    const whole = [...draw(101, 0)]
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (offset, length) => {
        const n = Math.min(length, 101 - offset)
        expect([...draw(n, offset)]).toEqual(whole.slice(offset, offset + n))
      }),
    )
    expect([...draw(4, 2 ** 34 - 1)].slice(1)).toEqual([...draw(3, 2 ** 34)])
    expect([...draw(4, 2 ** 34)]).not.toEqual([...draw(4, 0)])
  }
})

test('shapes are kept, and an empty shape is a scalar', () => {
  expect(rng(0).normal([2, 3, 4])).toMatchObject({ dtype: 'float32', shape: [2, 3, 4] })
  expect(rng(0).normal([2, 3, 4]).data.length).toBe(24)
  expect(rng(0).uniform([]).data.length).toBe(1)
  expect(rng(0).integers([0, 5], 0, 2)).toMatchObject({ dtype: 'int32', shape: [0, 5] })
})

test('seeds, labels and kinds of draws give uncorrelated numbers', () => {
  const n = 40_000
  const key = rng(7)
  const streams = [key, rng(8), key.fold('a'), key.fold('b'), key.fold(0), key.fold(1), key.fold('a').fold(0)].map(
    (r) => r.normal([n]).data,
  )
  streams.push(key.uniform([n]).data.map((u) => (u - 0.5) * Math.sqrt(12)))
  for (const [i, a] of streams.entries())
    for (const b of streams.slice(i + 1)) {
      const correlation = mean(a.map((x, at) => x * b[at]!))
      expect(Math.abs(correlation)).toBeLessThan(4.5 / Math.sqrt(n))
    }
})

test('different labels give different keys', () => {
  const labels: (string | number)[] = ['', '\0', '\0\0', 'é', 'e', 'abcd', 'abcde', 'abcdabcd', 1, '1', 2 ** 32 + 1]
  for (let i = 2; i < 5000; i++) labels.push(i, `${i}`)
  const drawn = labels.map((label) =>
    String(
      rng(9)
        .fold(label)
        .integers([2], 0, 2 ** 31).data,
    ),
  )
  expect(new Set(drawn).size).toBe(labels.length)
  const seeds = [0, 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]
  expect(new Set(seeds.map((seed) => String(rng(seed).normal([2]).data))).size).toBe(seeds.length)
})

test('a permutation holds each index once, and every order is as likely', () => {
  expect([...rng(10).permutation(1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  expect([...rng(10).permutation(0)]).toEqual([])
  const n = 24_000
  const counts = new Map<string, number>()
  for (let i = 0; i < n; i++) {
    const order = String(rng(11).fold(i).permutation(4))
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  expect(counts.size).toBe(24)
  const chiSquared = [...counts.values()].reduce((sum, c) => sum + (c - n / 24) ** 2 / (n / 24), 0)
  expect(chiSquared).toBeLessThan(49.7) // 23 degrees of freedom: once in a thousand
})

test('bad arguments are errors', () => {
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53])
    expect(() => rng(seed)).toThrow(`rng: seed: expected an integer from 0 to 2^53 - 1, got ${seed}`)
  expect(() => rng(0).fold(-1)).toThrow('fold: label: expected an integer from 0 to 2^53 - 1, got -1')
  expect(() => rng(0).normal([2, -1])).toThrow('normal: expected a shape of integers from 0, got [2,-1]')
  expect(() => rng(0).normal(3 as never)).toThrow('normal: expected a shape of integers from 0, got 3')
  expect(() => rng(0).uniform([2], 0.5)).toThrow('uniform: offset: expected')
  expect(() => rng(0).integers([2], 3, 3)).toThrow('integers: expected int32 limits low < high, got 3, 3')
  expect(() => rng(0).permutation(1.5)).toThrow('permutation: n: expected')
})
