import { expect, test } from 'vitest'
import { checkXml } from './check-xml.ts'
import { svgColumn } from './svg-column.ts'
import { svgLineChart } from './svg-line-chart.ts'

const chart = (title: string) => ({
  title,
  xLabel: 's',
  yLabel: 'FID',
  series: [{ name: 'a', points: [[0, 1] as const, [5, 2] as const] }],
})

test('charts are below each other, each as a file of its own would be', () => {
  const [first, second] = [chart('first'), chart('second')]
  const svg = svgColumn([first, second])
  expect(checkXml(svg).filter((name) => name === 'svg')).toHaveLength(3)
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="560" height="680" viewBox="0 0 560 680">/)
  const places = [0, 340].map((y) => svg.indexOf(`<g transform="translate(0 ${y})">`))
  const charts = [first, second].map((each) => svg.indexOf(svgLineChart({ ...each, standalone: true })))
  expect(places[0]).toBeGreaterThan(0)
  expect([places[0], charts[0], places[1], charts[1]]).toEqual(
    [places[0], charts[0], places[1], charts[1]].toSorted((a, b) => a! - b!),
  )
})

test('no charts are refused', () => {
  for (const none of [[], undefined])
    expect(() => svgColumn(none as never)).toThrow('svgColumn: expected a list of at least one chart, got')
})
