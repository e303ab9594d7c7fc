import { expect, test } from 'vitest'
import { byteProgress, formatBytes } from './byte-progress.ts'

test('says how much of how much', () => {
  expect(formatBytes('downloading', 1_234_567_890, 2_000_000_000)).toBe('downloading  1,234/2,000 MB  61 %')
  expect(formatBytes('downloading', 5e6, undefined)).toBe('downloading  5 MB')
  expect(formatBytes('x.pt', 75e6, 100e6, 8)).toBe('x.pt  ██████░░  75/100 MB  75 %')
})

const written = (live: boolean) => {
  const parts: string[] = []
  const update = byteProgress({ write: (part) => parts.push(part) }, live)
  for (let i = 0; i <= 100; i++) update('downloading', i * 1e6, 100e6)
  update('unpacking', 7e6, 7e6)
  return parts.join('')
}

test('on a terminal it rewrites a line, which ends when all is done', () => {
  const lines = written(true).split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]!.endsWith('\r\x1b[2Kdownloading  100/100 MB  100 %')).toBe(true)
  expect(lines[1]).toBe('\r\x1b[2Kunpacking  7/7 MB  100 %')
})

test('elsewhere it writes a line for every quarter', () => {
  expect(written(false).trim().split('\n')).toEqual([
    ...[0, 25, 50, 75, 100].map((n) => `downloading  ${n}/100 MB  ${n} %`),
    'unpacking  7/7 MB  100 %',
  ])
})
