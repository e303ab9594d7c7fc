import { float32 } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { handOver } from './hand-over.ts'

test('arrays are there until the next one is asked for, shared memory until its last', () => {
  const shared = Float32Array.of(1, 2, 3)
  const own = { a: float32([4]), b: float32(shared.subarray(0, 2)), c: float32([5]), d: float32(shared.subarray(2)) }
  const { a, b, c, d } = handOver(own) as typeof own
  expect([a.shape, b.dtype]).toEqual([[1], 'float32'])
  const numbers = a.data
  expect([...numbers]).toEqual([4])
  expect([...b.data]).toEqual([1, 2])
  expect(numbers).toHaveLength(0)
  expect([...c.data]).toEqual([5])
  expect([...d.data]).toEqual([3])
  expect(own.c.data).toHaveLength(0)
  expect(shared).toHaveLength(3)
})

test('the memory of large arrays is free at once', () => {
  const bytes = 1 << 26
  const arrays = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, float32(new Float32Array(bytes / 4).fill(1))]))
  const given = handOver(arrays)
  const before = process.memoryUsage().rss
  for (const name of ['a', 'b', 'c']) expect(given[name]!.data[5]).toBe(1)
  expect(before - process.memoryUsage().rss).toBeGreaterThan(1.5 * bytes)
})
