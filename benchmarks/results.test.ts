import { expect, test } from 'vitest'
import { byWork, columns, compare, comparisonRows, markdown, median } from './results.ts'
import type { Cores, Turn } from './turns.ts'

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([10, 9, 1, 4])).toBe(6.5)
  expect(() => median([])).toThrow('at least one value')
})

const turns = (times: readonly number[], cores?: Cores): Turn[] => times.map((ms) => ({ ms: [ms], cores }))

test('the ratio is above 1 if ours is faster than the fastest peer', () => {
  const all = { ours: turns([20, 10, 30]), slow: turns([90, 80]), fast: turns([50, 30, 40]) }
  expect(compare('w', all)).toEqual([{ work: 'w', oursMs: 20, peers: { slow: 85, fast: 40 }, ratio: 2 }])
})

test('turns with the cores together and apart are compared by themselves, if there are enough of each contender', () => {
  const near = { ours: turns([1, 2, 3], 'together'), peer: turns([4, 6, 8], 'together') }
  const far = { ours: turns([7, 5, 6], 'apart'), peer: turns([9, 9], 'apart') }
  const changing = { ours: turns([100]), peer: turns([100]) }
  const both = { ours: [...near.ours, ...far.ours, ...changing.ours], peer: [...near.peer, ...far.peer] }
  const together = { work: 'w', cores: 'together', oursMs: 2, peers: { peer: 6 }, ratio: 3 }
  expect(compare('w', both)).toEqual([together])
  const enough = { ...both, peer: [...both.peer, ...turns([12], 'apart')] }
  expect(compare('w', enough)).toEqual([
    together,
    { work: 'w', cores: 'apart', oursMs: 6, peers: { peer: 9 }, ratio: 1.5 },
  ])
})

test('the table leaves blank what was not measured', () => {
  const compared = [
    ...compare('one', { ours: turns([2]), a: turns([1]) }),
    ...compare('two', { ours: turns([2, 2, 2], 'apart'), b: turns([5, 5, 5], 'apart') }),
  ]
  const lines = columns(comparisonRows(compared)).split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^work +ours +a +b +fastest peer \/ ours$/)
  expect(lines[1]).toMatch(/^one +2\.0 ms +1\.0 ms +0\.50×$/)
  expect(lines[2]).toMatch(/^two, cores apart +2\.0 ms +5\.0 ms +2\.50×$/)
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
})

test('new results of a work take the place of all its old ones, in the order of the works', () => {
  const entry = (work: string, value: number) => ({ work, value })
  const before = [entry('train-b8', 1), entry('train-b8', 2), entry('forward-b1', 3)]
  const after = [entry('train-b8', 4), entry('train-b32', 5)]
  expect(byWork(before, after)).toEqual([entry('forward-b1', 3), entry('train-b8', 4), entry('train-b32', 5)])
  expect(byWork(undefined, after)).toEqual(after)
})

test('a table in Markdown', () => {
  const lines = markdown([
    ['work', 'ours'],
    ['a', '12.5 ms'],
  ])
  expect(lines.split('\n')).toEqual(['| work |    ours |', '| ---- | ------: |', '| a    | 12.5 ms |'])
})
