import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type LineChartOptions, svgLineChart } from './svg-line-chart.ts'

/**
 * Line charts below each other, as one SVG file of its size, black on white.
 * @throws if there are none, and as `svgLineChart`.
 */
export function svgColumn(charts: readonly Omit<LineChartOptions, 'standalone' | 'size'>[]): string {
  if (!Array.isArray(charts) || charts.length === 0)
    throw new CascadeError('input', `svgColumn: expected a list of at least one chart, got ${shown(charts)}`)
  const [width, height] = [560, 340]
  const placed = charts.map(
    (chart, i) =>
      `<g transform="translate(0 ${i * height})">\n${svgLineChart({ ...chart, size: [width, height], standalone: true })}\n</g>`,
  )
  const total = height * charts.length
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}">
${placed.join('\n')}
</svg>`
}
