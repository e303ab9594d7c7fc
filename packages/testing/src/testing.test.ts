import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { greatestDifference, temporaryFolder } from './index.ts'

test('the greatest difference', () => {
  expect(greatestDifference([1, 2, 5], new Float32Array([1, 4, 4]))).toBe(2)
  expect(greatestDifference([1], [Number.NaN])).toBeNaN()
  expect(() => greatestDifference([1], [1, 2])).toThrow('expected equal lengths, got 1 and 2')
})

test('temporary folders are new', () => {
  const [a, b] = [temporaryFolder(), temporaryFolder()]
  expect(a).not.toBe(b)
  expect([existsSync(a), existsSync(b)]).toEqual([true, true])
})
