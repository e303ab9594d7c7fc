import { expect, test } from 'vitest'
import { columns, compare, comparisonRows, markdown, median } from './results.ts'

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([10, 9, 1, 4])).toBe(6.5)
  expect(() => median([])).toThrow('at least one value')
})

test('the ratio is above 1 if ours is faster than the fastest peer', () => {
  expect(compare('w', [20, 10, 30], { slow: [90, 80], fast: [50, 30, 40] })).toEqual({
    work: 'w',
    oursMs: 20,
    peers: { slow: 85, fast: 40 },
    ratio: 2,
  })
})

test('the table leaves blank what was not measured', () => {
  const lines = columns(comparisonRows([compare('one', [2], { a: [1] }), compare('two', [2], { b: [5] })])).split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^work +ours +a +b +fastest peer \/ ours$/)
  expect(lines[1]).toMatch(/^one +2\.0 ms +1\.0 ms +0\.50×$/)
  expect(lines[2]).toMatch(/^two +2\.0 ms +5\.0 ms +2\.50×$/)
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
})

test('a table in Markdown', () => {
  const lines = markdown([
    ['work', 'ours'],
    ['a', '12.5 ms'],
  ])
  expect(lines.split('\n')).toEqual(['| work |    ours |', '| ---- | ------: |', '| a    | 12.5 ms |'])
})
