import { expect, test } from 'vitest'
import { checkXml } from './check-xml.ts'
import { htmlReport, type Report } from './html-report.ts'
import { svgLineChart } from './svg-line-chart.ts'

const pngDataUri = 'data:image/png;base64,iVBORw0KGgo='
const report: Report = {
  title: 'A run',
  summary: 'First paragraph.\n\nSecond paragraph.',
  figures: [{ label: 'Accuracy', value: '97.3 %', note: 'on 1,000 samples' }],
  sections: [
    {
      heading: 'Training',
      text: 'How it went.',
      charts: [
        svgLineChart({
          title: 'Loss',
          xLabel: 'step',
          yLabel: 'loss',
          series: [
            {
              name: 'a',
              points: [
                [0, 1],
                [1, 2],
              ],
            },
          ],
        }),
      ],
      images: [{ pngDataUri, caption: 'Samples' }],
      table: {
        header: ['name', 'FID'],
        rows: [
          ['s = 0', 12.3456789],
          ['s = 50', 8],
        ],
      },
    },
    { heading: 'Empty' },
  ],
}

test('the page is well formed and holds all of the report', () => {
  const html = htmlReport(report)
  expect(html.startsWith('<!DOCTYPE html>')).toBe(true)
  const names = checkXml(html)
  const count = (name: string) => names.filter((n) => n === name).length
  expect({ p: count('p'), section: count('section'), svg: count('svg'), img: count('img'), td: count('td') }).toEqual({
    p: 3,
    section: 2,
    svg: 1,
    img: 1,
    td: 4,
  })
  for (const text of ['A run', '97.3 %', 'on 1,000 samples', 'How it went.', 'Samples', 's = 50'])
    expect(html).toContain(text)
})

test('numbers are rounded and set to the right with their header', () => {
  const html = htmlReport(report)
  expect(html).toContain('<td class="number">12.3457</td>')
  expect(html).toContain('<td class="number">8.0000</td>')
  expect(html).toContain('<th class="number">FID</th>')
  expect(html).toContain('<th>name</th>')
})

test('nothing is loaded from outside', () => {
  const html = htmlReport(report)
  expect(html.replaceAll(/xmlns="[^"]*"/g, '')).not.toMatch(/https?:|url\(|@import|<script|<link|src="(?!data:)/)
  expect(html).toContain("default-src 'none'")
})

test('text is escaped everywhere', () => {
  const hostile = '</style><script>alert("1 & 2")</script>'
  const html = htmlReport({
    title: hostile,
    summary: hostile,
    figures: [{ label: hostile, value: hostile, note: hostile }],
    sections: [
      {
        heading: hostile,
        text: hostile,
        images: [{ pngDataUri, caption: hostile }],
        table: { header: [hostile], rows: [[hostile]] },
      },
    ],
  })
  expect(checkXml(html)).not.toContain('script')
})

test('images and tables that are none are refused', () => {
  const of = (section: object) => () => htmlReport({ title: '', summary: '', sections: [{ heading: 'h', ...section }] })
  expect(of({ images: [{ pngDataUri: 'https://example.org/a.png', caption: '' }] })).toThrow('got https://example.org')
  expect(of({ images: [{ pngDataUri: `${pngDataUri}" onload="x`, caption: '' }] })).toThrow('expected data:image/png')
  expect(of({ table: { header: ['a', 'b'], rows: [[1, 2], [3]] } })).toThrow('expected 2 cells in each row, got 1: 3')
})

test('what is misspelt or missing is refused', () => {
  const page = (changes: object) => () => htmlReport({ title: 'a', summary: 'b', sections: [], ...changes })
  expect(page({})).not.toThrow()
  expect(page({ figure: [] })).toThrow("htmlReport: unknown option 'figure'. Did you mean 'figures'?")
  expect(page({ sections: undefined })).toThrow(
    'htmlReport: expected sections, a list of { heading, … }, got undefined',
  )
  expect(page({ sections: [{ heading: 'a', chart: [] }] })).toThrow(
    "section: unknown option 'chart'. Did you mean 'charts'?",
  )
})
