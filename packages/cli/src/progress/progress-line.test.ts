import { expect, test } from 'vitest'
import { formatProgress, progressLine } from './progress-line.ts'

test('formatProgress', () => {
  expect(formatProgress({ label: 'base', step: 0, total: 4000 })).toBe('base  0/4,000  0 %')
  expect(formatProgress({ label: 'base', step: 1200, total: 4000, rate: 12.34, loss: 0.0412345 })).toBe(
    'base  1,200/4,000  30 %  12.3 steps/s  loss 0.04123  3 min 47 s left',
  )
  expect(formatProgress({ label: 'a', step: 3999, total: 4000, rate: 0.25 })).toBe(
    'a  3,999/4,000  99 %  4.0 s/step  4 s left',
  )
  expect(formatProgress({ label: 'a', step: 5, total: 5, rate: 250, columns: 100 })).toBe(
    `a  ${'█'.repeat(24)}  5/5  100 %  250 steps/s`,
  )
  expect(formatProgress({ label: 'a', step: 3, total: 5, rate: 0, loss: Number.NaN })).toBe(
    'a  3/5  60 %  0.0 steps/s  loss NaN  ? left',
  )
  expect(formatProgress({ label: 'a', step: 0, total: 0 })).toBe('a  0/0  100 %')
})

test.each([
  [80, 'base  1,200/4,000  30 %  12.3 steps/s  loss 0.04123  3 min 47 s left'],
  [60, 'base  1,200/4,000  30 %  loss 0.04123  3 min 47 s left'],
  [42, 'base  30 %  loss 0.04123  3 min 47 s left'],
  [30, 'base  30 %  3 min 47 s left'],
  [20, 'base  30 %'],
  [7, 'base  3'],
])('in %d columns the figures that matter most remain', (columns, line) => {
  const state = { label: 'base', step: 1200, total: 4000, rate: 12.34, loss: 0.0412345, waiting: 0.4, columns }
  expect(formatProgress(state)).toBe(line)
})

test('waiting for data is shown from a twentieth of the time on', () => {
  const { written, clock, shown } = record({ live: true, columns: 200 })
  for (let step = 1; step <= 100; step++) {
    clock.seconds += 0.5
    shown.update(step, { loss: 0.5, dataSeconds: step < 50 ? 0.01 : 0.2 })
  }
  expect(written[40]).not.toContain('waiting')
  const share = Number(/waiting for data (\d+) %/.exec(written.at(-1)!)![1])
  expect(share).toBeGreaterThan(37)
  expect(share).toBeLessThanOrEqual(40)
})

function record(options: { live?: boolean; isTTY?: boolean; columns?: number; total?: number; start?: number }) {
  const written: string[] = []
  const clock = { seconds: 100 }
  const stream = { write: (text: string) => written.push(text), isTTY: options.isTTY, columns: options.columns ?? 80 }
  const { live, total = 1000, start } = options
  return {
    written,
    clock,
    shown: progressLine({ label: 'base', total, start, stream, live, now: () => clock.seconds }),
  }
}

test('a terminal gets one line, rewritten at most ten times a second', () => {
  const { written, clock, shown } = record({ live: true })
  for (let step = 1; step <= 100; step++) {
    clock.seconds += 0.02
    shown.update(step, { loss: 0.5 })
  }
  expect(written.length).toBeGreaterThan(10)
  expect(written.length).toBeLessThan(30)
  for (const text of written) {
    expect(text.startsWith('\r\x1b[2Kbase  ')).toBe(true)
    expect(text).not.toContain('\n')
  }
  shown.end()
  expect(written.at(-2)).toBe('\r\x1b[2Kbase  100/1,000  10 %  50.0 steps/s  loss 0.5000  18 s left')
  expect(written.at(-1)).toBe('\n')
})

test('a live line never wraps, and has a bar where there is room', () => {
  const narrow = record({ live: true, columns: 12 })
  narrow.shown.update(1, { loss: 0.5 })
  expect(narrow.written[0]).toBe('\r\x1b[2Kbase  0 %')
  const wide = record({ live: true, columns: 120 })
  wide.shown.update(500, { loss: 0.5 })
  expect(wide.written[0]).toContain('████████████░░░░░░░░░░░░')
})

test('elsewhere a plain line appears every ten seconds', () => {
  const { written, clock, shown } = record({ isTTY: false })
  for (let step = 1; step <= 25; step++) {
    clock.seconds += 1
    shown.update(step)
  }
  shown.end()
  expect(written).toEqual([
    'base  1/1,000  0 %  1.0 steps/s  16 min 39 s left\n',
    'base  11/1,000  1 %  1.0 steps/s  16 min 29 s left\n',
    'base  21/1,000  2 %  1.0 steps/s  16 min 19 s left\n',
    'base  25/1,000  2 %  1.0 steps/s  16 min 15 s left\n',
  ])
})

test('steps done before a resume do not count as speed', () => {
  const { written, clock, shown } = record({ isTTY: false, start: 900 })
  clock.seconds += 2
  shown.update(910)
  expect(written).toEqual(['base  910/1,000  91 %  5.0 steps/s  18 s left\n'])
})

test('the rate follows a change of speed', () => {
  const { written, clock, shown } = record({ live: false })
  for (let step = 1; step <= 60; step++) {
    clock.seconds += step <= 10 ? 5 : 0.5
    shown.update(step)
  }
  shown.end()
  const rate = Number(/([\d.]+) steps\/s/.exec(written.at(-1)!)![1])
  expect(rate).toBeGreaterThan(1.8)
  expect(rate).toBeLessThanOrEqual(2)
})

test('a terminal in CI gets plain lines', () => {
  const before = process.env.CI
  process.env.CI = 'true'
  try {
    const { written, shown } = record({ isTTY: true })
    shown.update(1)
    expect(written).toEqual(['base  1/1,000  0 %\n'])
  } finally {
    if (before === undefined) delete process.env.CI
    else process.env.CI = before
  }
})
