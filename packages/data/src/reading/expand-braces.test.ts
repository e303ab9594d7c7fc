import { expect, test } from 'vitest'
import { expandBraces } from './expand-braces.ts'

/** By `braceexpand` 0.1.7 of Python, which webdataset uses. */
test.each([
  ['a.tar', ['a.tar']],
  ['t-{0..3}', ['t-0', 't-1', 't-2', 't-3']],
  ['t-{08..11}.tar', ['t-08.tar', 't-09.tar', 't-10.tar', 't-11.tar']],
  ['{000..2}', ['000', '001', '002']],
  ['{3..1}', ['3', '2', '1']],
  ['{0..8..3}', ['0', '3', '6']],
  ['{8..0..3}', ['8', '5', '2']],
  ['{-1..1}', ['-1', '0', '1']],
  ['{-01..1}', ['-01', '000', '001']],
  ['{a..e..2}', ['a', 'c', 'e']],
  ['{Y..b}', ['Y', 'Z', 'a', 'b']],
  ['{c..a}', ['c', 'b', 'a']],
  ['{a,b}/{1,2}', ['a/1', 'a/2', 'b/1', 'b/2']],
  ['x{,.y}', ['x', 'x.y']],
  ['p{2.{5..7},3.{2,3}}', ['p2.5', 'p2.6', 'p2.7', 'p3.2', 'p3.3']],
  ['{a}', ['{a}']],
  ['{{0..1}}', ['{0}', '{1}']],
])('%s', (pattern, names) => {
  expect(expandBraces('test', pattern)).toEqual(names)
})

test('braces that are not closed, and too many names', () => {
  for (const pattern of ['a{1..2', 'a}', '{{1..2}', '{a,b'])
    expect(() => expandBraces('test', pattern)).toThrow(`test: expected a pattern with closed braces, got '${pattern}'`)
  const most = 'test: expected at most 1000000 names, got'
  for (const pattern of ['{1..99999999999}', '{1..2000}{1..2000}', '{1..1000}{1..1000}{1..1000}{1..1000}'])
    expect(() => expandBraces('test', pattern)).toThrow(most)
})
