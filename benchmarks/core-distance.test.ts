import { availableParallelism } from 'node:os'
import { afterAll, expect, test } from 'vitest'
import { apart, coreDistance } from './core-distance.ts'

const distance = coreDistance()
afterAll(() => distance.dispose())

test('a word goes from thread to thread in some nanoseconds, again and again', () => {
  for (let i = 0; i < 5; i++) {
    const nanoseconds = distance.measure()
    expect(nanoseconds > 1 || availableParallelism() < 2).toBe(true)
    expect(nanoseconds).toBeLessThan(1e7)
  }
})

test('cores that share a cache are within a hundred nanoseconds', () => {
  expect([20, 70, 120, 300].map(apart)).toEqual([false, false, true, true])
})
