import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { shuffledOrder } from './shuffled-order.ts'

const orderOf = (n: number, seed: number): number[] => {
  const at = shuffledOrder(n, rng(seed))
  return Array.from({ length: n }, (_, place) => at(place))
}

/** How many standard deviations the chi-square of counts lies above its mean, if all are equally likely. */
function deviation(counts: readonly number[], freedom = counts.length - 1): number {
  const mean = counts.reduce((a, b) => a + b, 0) / counts.length
  const chi2 = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0)
  return (chi2 - freedom) / Math.sqrt(2 * freedom)
}

test('every number once, for every small n', () => {
  for (let n = 1; n <= 600; n++) {
    const seen = new Uint8Array(n)
    for (const i of orderOf(n, n)) seen[i]!++
    expect(seen.every((count) => count === 1)).toBe(true)
  }
})

test.each([65_535, 65_536, 99_991, 1_281_167])('every number once: %i, and no place keeps its number by rule', (n) => {
  const at = shuffledOrder(n, rng(5))
  const seen = new Uint8Array(n)
  let kept = 0
  for (let place = 0; place < n; place++) {
    const i = at(place)
    seen[i]!++
    if (i === place) kept++
  }
  expect(seen.every((count) => count === 1)).toBe(true)
  // One on average.
  expect(kept).toBeLessThan(8)
})

test.each([2 ** 32, 2 ** 40 + 7, Number.MAX_SAFE_INTEGER])('different numbers below %i, all over the range', (n) => {
  const at = shuffledOrder(n, rng(6))
  const numbers = Array.from({ length: 20_000 }, (_, i) => at(n - 1 - i))
  expect(new Set(numbers).size).toBe(20_000)
  expect(numbers.every((i) => Number.isSafeInteger(i) && i >= 0 && i < n)).toBe(true)
  const tenths = new Array(10).fill(0)
  for (const i of numbers) tenths[Math.floor((i / n) * 10)]++
  expect(deviation(tenths)).toBeLessThan(5)
})

test.each([2, 3, 4, 5, 6])('all orders of %i numbers are equally likely', (n) => {
  const orders = [1, 2, 6, 24, 120, 720][n - 1]!
  const counts = new Map<string, number>()
  for (let seed = 0; seed < 50 * orders; seed++) {
    const order = String(orderOf(n, seed))
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  expect(counts.size).toBe(orders)
  expect(Math.abs(deviation([...counts.values()]))).toBeLessThan(4)
})

test.each([10, 64, 150])('of %i numbers, each is as often at each place, and after each other one', (n) => {
  const [at, after] = [new Array(n * n).fill(0), new Array(n * n).fill(0)]
  for (let seed = 0; seed < 20 * n; seed++) {
    const order = orderOf(n, seed)
    order.forEach((i, place) => {
      at[place * n + i]++
      if (place > 0) after[order[place - 1]! * n + i]++
    })
  }
  expect(Math.abs(deviation(at, (n - 1) ** 2))).toBeLessThan(4)
  const pairs = after.filter((_, i) => i % (n + 1) > 0)
  expect(Math.abs(deviation(pairs))).toBeLessThan(4)
})

test('another key, another order; the same key, the same', () => {
  expect(orderOf(100, 1)).toEqual(orderOf(100, 1))
  expect(orderOf(100, 1)).not.toEqual(orderOf(100, 2))
})

test('the order of a key never changes: runs resume by it', () => {
  expect(orderOf(10, 0)).toEqual([7, 6, 4, 3, 1, 8, 9, 2, 0, 5])
  const at = shuffledOrder(1_281_167, rng(0))
  expect([0, 1, 2, 1_281_166].map(at)).toEqual([917_463, 893_790, 311_667, 741_692])
})
