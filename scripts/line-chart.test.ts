import { expect, test } from 'vitest'
import { lineChart } from './line-chart.ts'

const chart = (...points: [number, number][]) =>
  lineChart({
    title: 'a < b',
    x: { label: 'x', ticks: [0, 1] },
    y: { label: 'y', ticks: [-2, 0, 2] },
    series: [{ name: 'line', points, dashed: true }],
  })

test('draws points where the axes have them, and lifts the pen at infinity', () => {
  // The axes reach from 60 to 604 and from 348 up to 40.
  expect(chart([0, -2], [0.5, 0], [1, 2])).toContain('d="M60 348L332 194L604 40"')
  expect(chart([0, Infinity], [0.5, 0], [Number.NaN, 0], [1, 2])).toContain('d="M332 194M604 40"')
})

test('labels are escaped, dashes drawn', () => {
  expect(chart([0, 0])).toContain('>a &lt; b</text>')
  expect(chart([0, 0])).toContain('stroke-dasharray')
})
