import { expect, test } from 'vitest'
import { parts } from './parts.ts'

test.each([
  [8, 3, [3, 3, 2]],
  [9, 8, [5, 4]],
  [4, 1, [1, 1, 1, 1]],
  [3, 0.2, [1, 1, 1]],
  [5, Number.POSITIVE_INFINITY, [5]],
])('%i in parts of at most %d', (count, most, lengths) => {
  const cut = parts(count, most)
  expect(cut.map(({ length }) => length)).toEqual(lengths)
  expect(cut.map(({ start }) => start)).toEqual(lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0)))
})
