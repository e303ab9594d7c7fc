import { float32, int32 } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { classAccuracy } from './class-accuracy.ts'

test('classAccuracy counts in all and by class', () => {
  const logits = float32([2, 1, 0, /**/ 0, 1, 0.5, /**/ -3, -2, -1, /**/ 1, 0, 0, /**/ 5, 5, 5], [5, 3])
  const result = classAccuracy(logits, int32([0, 1, 1, 0, 1]))
  expect(result).toEqual({ accuracy: 3 / 5, perClass: [1, 1 / 3, Number.NaN], count: 5 })
})

test('classAccuracy refuses what does not fit', () => {
  const logits = float32([1, 0, 0, 1], [2, 2])
  expect(() => classAccuracy(logits, int32([0]))).toThrow('logits [N, K] and labels [N], got [2,2] and [1]')
  expect(() => classAccuracy(logits, int32([0, 2]))).toThrow('expected labels from 0 to 1, got 2')
  expect(() => classAccuracy(float32([], [0, 2]), int32([]))).toThrow('got [0,2] and [0]')
})
