import { rng } from '@cascade-diffusion/random'
import { describe, expect, test } from 'vitest'
import { numbersOf } from '../testing/half-numbers.ts'
import { halfNumbers } from './half-numbers.ts'

describe.each(['float16', 'bfloat16'] as const)('%s', (type) => {
  const all = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i)
  const numbers = numbersOf(all, type)
  /** Without signs, in order. */
  const sizes = numbers.subarray(0, 2 ** 15).filter(Number.isFinite)

  test('numbers that it has are kept', () => {
    expect(numbersOf(halfNumbers(numbers, type), type)).toEqual(numbers)
    const bits = all.filter((i) => !Number.isNaN(numbers[i]))
    expect(halfNumbers(numbersOf(bits, type), type)).toEqual(bits)
  })

  test('others become the nearest, and of two the even one', () => {
    const largest = sizes.at(-1)!
    const normal = rng(1).normal([2000]).data
    const scale = rng(2).uniform([2000]).data
    const drawn = normal.map((x, i) => x * 2 ** (40 * scale[i]! - 26))
    const ties = sizes.subarray(0, -1).map((x, i) => (x + sizes[i + 1]!) / 2)
    const larger = Math.min(2 * largest, 3.4028234663852886e38)
    const given = Float32Array.from([...drawn, ...ties, larger, -larger])
    const bits = halfNumbers(given, type)
    const got = numbersOf(bits, type)
    for (const [i, x] of given.entries()) {
      // The place of the last number that is not larger.
      let [low, high] = [0, sizes.length]
      while (high - low > 1) {
        const middle = (low + high) >> 1
        if (sizes[middle]! <= Math.abs(x)) low = middle
        else high = middle
      }
      const [below, above] = [sizes[low]!, sizes[low + 1] ?? sizes[low]!]
      const [a, b] = [Math.abs(x) - below, above - Math.abs(x)]
      const nearest = low === sizes.length - 1 || a < b || (a === b && low % 2 === 0) ? below : above
      expect(Math.abs(got[i]!), `${x}`).toBe(nearest)
      expect(Math.sign(got[i]!) * Math.sign(x) >= 0).toBe(true)
    }
  })

  test('what is not finite stays so', () => {
    const given = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]
    expect(Array.from(numbersOf(halfNumbers(given, type), type))).toEqual(given)
  })
})

test('bits of known numbers', () => {
  expect(Array.from(halfNumbers([1 / 3, -2, 65504, 2 ** -24], 'float16'))).toEqual([0x3555, 0xc000, 0x7bff, 1])
  expect(Array.from(halfNumbers([1 / 3, -2, 1e-40], 'bfloat16'))).toEqual([0x3eab, 0xc000, 1])
})
