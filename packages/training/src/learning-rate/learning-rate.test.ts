import { expect, test } from 'vitest'
import { constantRate } from './constant.ts'
import { cosineRate } from './cosine.ts'
import type { LearningRate } from './learning-rate.ts'
import { learningRateOf } from './learning-rate-table.ts'

test('warms up linearly and stays', () => {
  const rate = constantRate(0.1, { warmup: 4 })
  expect([0, 1, 2, 3, 4, 1000].map(rate)).toEqual([0.025, 0.05, expect.closeTo(0.075, 12), 0.1, 0.1, 0.1])
  expect(constantRate(0.3)(0)).toBe(0.3)
})

test('falls along half a cosine after the warm-up', () => {
  const rate = cosineRate(2, 110, { warmup: 10 })
  expect(rate(4)).toBe(1)
  expect(rate(10)).toBe(2)
  expect(rate(60)).toBeCloseTo(1, 12)
  expect(rate(35)).toBeCloseTo(1 + Math.SQRT1_2, 12)
  expect(rate(110)).toBe(0)
  expect(rate(500)).toBe(0)
})

test('by name, or a number', () => {
  const steps = [0, 1, 20, 99, 100]
  const same = (a: LearningRate, b: LearningRate) => expect(steps.map(a)).toEqual(steps.map(b))
  same(learningRateOf({ name: 'constant', rate: 2, warmup: 4 }, 100), constantRate(2, { warmup: 4 }))
  same(learningRateOf({ name: 'cosine', rate: 2, warmup: 4, steps: 50 }, 100), cosineRate(2, 50, { warmup: 4 }))
  // Without steps, it ends where the run ends.
  same(learningRateOf({ name: 'cosine', rate: 2 }, 100), cosineRate(2, 100))
  same(learningRateOf(0.1, 100), constantRate(0.1))
})
