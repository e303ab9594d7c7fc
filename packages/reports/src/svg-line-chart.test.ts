import { expect, test } from 'vitest'
import { checkXml } from './check-xml.ts'
import { svgLineChart } from './svg-line-chart.ts'

const labels = { title: 'Loss', xLabel: 'step', yLabel: 'nats' }
const paths = (svg: string) => Array.from(svg.matchAll(/<path d="([^"]*)" fill="none"/g), (m) => m[1]!)
const circles = (svg: string) => Array.from(svg.matchAll(/<circle cx="([^"]*)" cy="([^"]*)"/g), (m) => [+m[1]!, +m[2]!])
const labelAt = (svg: string, text: string, key: 'x' | 'y') =>
  Number(new RegExp(`<text[^>]* ${key}="([^"]*)"[^>]*>${text}</text>`).exec(svg)![1])

test('one root element, well formed, with title, labels and a legend', () => {
  const svg = svgLineChart({
    ...labels,
    series: [
      {
        name: 'train',
        points: [
          [0, 2],
          [10, 1],
        ],
      },
      {
        name: 'test',
        points: [
          [0, 3],
          [10, 2],
        ],
        markers: true,
      },
    ],
  })
  expect(checkXml(svg)[0]).toBe('svg')
  for (const text of ['Loss', 'step', 'nats', 'train', 'test']) expect(svg).toContain(`>${text}</text>`)
  expect(paths(svg)).toHaveLength(2)
  expect(circles(svg)).toHaveLength(2)
  expect(svg).toContain('<title>test at 10: 2</title>')
})

test('one series needs no legend', () => {
  const svg = svgLineChart({
    ...labels,
    series: [
      {
        name: 'only',
        points: [
          [0, 1],
          [1, 2],
        ],
      },
    ],
  })
  expect(svg).not.toContain('>only<')
})

test('a point at a tick is beside its label', () => {
  const svg = svgLineChart({
    ...labels,
    series: [
      {
        name: 'a',
        points: [
          [0, 0],
          [400, 30],
          [1000, 60],
        ],
        markers: true,
      },
    ],
  })
  const [, middle] = circles(svg)
  expect(middle![0]).toBe(labelAt(svg, '400', 'x'))
  expect(middle![1]).toBeCloseTo(labelAt(svg, '30', 'y') - 4, 6)
})

test('a logarithmic axis spaces equal ratios equally', () => {
  const points = [
    [1, 0.01],
    [10, 0.1],
    [100, 1],
  ] as const
  const [a, b, c] = circles(
    svgLineChart({ ...labels, logX: true, logY: true, series: [{ name: 'a', points, markers: true }] }),
  )
  expect(b![0]! - a![0]!).toBeCloseTo(c![0]! - b![0]!, 0)
  expect(b![1]! - a![1]!).toBeCloseTo(c![1]! - b![1]!, 0)
  expect(c![1]).toBeLessThan(a![1]!)
})

test('points that cannot be drawn leave gaps, and a lone point is a dot', () => {
  const points = [
    [0, 1],
    [1, 2],
    [2, Number.NaN],
    [3, 4],
    [4, -1],
    [5, 6],
    [6, 7],
  ] as const
  const svg = svgLineChart({ ...labels, logY: true, series: [{ name: 'a', points }] })
  expect(paths(svg).map((d) => d.match(/[ML]/g)!.join(''))).toEqual(['ML', 'M', 'ML'])
  expect(circles(svg)).toHaveLength(1)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
})

test('everything drawn is within the picture', () => {
  const points = Array.from({ length: 50 }, (_, i) => [i * 37, Math.exp(-i) * 1e9] as const)
  const series = Array.from({ length: 9 }, (_, i) => ({
    name: `a series with a long name, ${i}`,
    points,
    markers: true,
  }))
  const svg = svgLineChart({ ...labels, series })
  checkXml(svg)
  for (const [x, y] of circles(svg)) {
    expect(x! > 0 && x! < 560).toBe(true)
    expect(y! > 0 && y! < 340).toBe(true)
  }
})

test('text is escaped', () => {
  const hostile = '<script>alert("1 & 2")</script>'
  const points = [
    [0, 1],
    [1, 2],
  ] as const
  const series = [
    { name: hostile, points, markers: true },
    { name: 'b', points },
  ]
  const svg = svgLineChart({ title: hostile, xLabel: hostile, yLabel: hostile, series })
  expect(checkXml(svg)).not.toContain('script')
})

test('nothing to draw is an error', () => {
  const series = [{ name: 'a', points: [[0, Number.NaN]] as const }]
  expect(() => svgLineChart({ ...labels, series })).toThrow("expected a point to draw in 'Loss', got none")
})

test('lines are cut off where the given ticks end', () => {
  const points = [
    [0, -100],
    [0.5, 0],
    [1, 100],
  ] as const
  const svg = svgLineChart({ ...labels, xTicks: [0, 1], yTicks: [-2, 0, 2], series: [{ name: 'a', points }] })
  expect(checkXml(svg).filter((name) => name === 'svg')).toHaveLength(2)
  const [, x, y, width, height] = /<svg x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/.exec(svg)!.map(Number)
  expect(svg).toContain(`viewBox="${x} ${y} ${width} ${height}"`)
  expect([y, y! + height!]).toEqual([labelAt(svg, '2', 'y') - 4, labelAt(svg, '-2', 'y') - 4])
  const middle = Number(/L([\d.]+) /.exec(paths(svg)[0]!)![1])
  expect(middle).toBeCloseTo(x! + width! / 2, 0)
})

test('a line can be dashed, in the legend too', () => {
  const points = [
    [0, 1],
    [1, 2],
  ] as const
  const rects = (dashed: boolean) => {
    const series = [
      { name: 'a', points, dashed },
      { name: 'b', points },
    ]
    const svg = svgLineChart({ ...labels, series })
    return [svg.match(/<rect/g)!.length, svg.match(/stroke-dasharray/g)?.length]
  }
  expect([rects(false), rects(true)]).toEqual([
    [2, undefined],
    [3, 1],
  ])
})

test('a file of its own has a size and a background', () => {
  const points = [
    [0, 1],
    [1, 2],
  ] as const
  const svg = svgLineChart({ ...labels, standalone: true, size: [800, 400], series: [{ name: 'a', points }] })
  checkXml(svg)
  expect(svg).toContain('width="800" height="400" viewBox="0 0 800 400"')
  expect(svg).toContain('fill="#fff"')
})

test('what is misspelt or missing is refused', () => {
  const options = { title: 'a', xLabel: 'x', yLabel: 'y', series: [{ name: 'b', points: [[1, 2]] as const }] }
  const chart = (changes: object) => () => svgLineChart({ ...options, ...changes })
  expect(chart({})).not.toThrow()
  expect(chart({ logy: true })).toThrow("svgLineChart: unknown option 'logy'. Did you mean 'logY'?")
  expect(chart({ series: undefined })).toThrow('expected series, a list of { name, points }, got undefined')
  expect(chart({ series: [{ name: 'b', points: [1, 2] }] })).toThrow(
    "expected points of 'b', a list of [x, y], got an array",
  )
  expect(chart({ series: [{ name: 'b', point: [] }] })).toThrow("svgLineChart: series: unknown option 'point'")
})
