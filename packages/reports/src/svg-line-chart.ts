import { CascadeError, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { axis } from './axis.ts'
import { escapeXml } from './escape-xml.ts'
import { formatNumber } from './format.ts'

/** A line of a chart. */
export interface Series {
  name: string
  /**
   * [x, y] in the order of the line. Points that are not finite, or not positive on a logarithmic axis, leave a gap.
   */
  points: readonly (readonly [x: number, y: number])[]
  /** Marks each point; pointing at it shows its values. Default false. */
  markers?: boolean
  /** Default false. */
  dashed?: boolean
}

/** Options of {@link svgLineChart}. */
export interface LineChartOptions {
  title: string
  xLabel: string
  yLabel: string
  /** Named in a legend if there are several. */
  series: readonly Series[]
  /** Default false. */
  logX?: boolean
  /** Default false. */
  logY?: boolean
  /** The ticks of the axis, from end to end; lines are cut off there. Default: chosen by the points. */
  xTicks?: readonly number[]
  /** As `xTicks`. */
  yTicks?: readonly number[]
  /** In pixels. Default 560 × 340. */
  size?: readonly [width: number, height: number]
  /**
   * Whether it is for an SVG file: of its `size`, black on white. Default false: it takes the width and the colours of
   * the page.
   */
  standalone?: boolean
}

const chartKeys: KnownKeys<LineChartOptions> = {
  title: true,
  xLabel: true,
  yLabel: true,
  series: true,
  logX: true,
  logY: true,
  xTicks: true,
  yTicks: true,
  size: true,
  standalone: true,
}
const seriesKeys: KnownKeys<Series> = { name: true, points: true, markers: true, dashed: true }

const right = 18
const bottom = 48
/** Distinguishable with common colour blindness, and visible on white and on near-black. */
const colours = ['#2f7de1', '#e8710a', '#12a150', '#a855f7', '#d6336c', '#8a8f98', '#a67c00', '#0aa5a8']
/** Estimated width of a character of the chart's text. */
const charWidth = 7.2

/**
 * A line chart as an SVG element that scales to any width. Its text and axes take the colour of the surrounding text,
 * so it fits light and dark pages.
 * @throws if an option is unknown, series are missing, or no point can be drawn.
 */
export function svgLineChart(options: LineChartOptions): string {
  checkOptions('svgLineChart', options, chartKeys)
  checkSeries(options.series)
  const { title, xLabel, yLabel, series, logX, logY, xTicks, yTicks, standalone } = options
  const [width, height] = options.size ?? [560, 340]
  const drawable = (x: number, log = false) => Number.isFinite(x) && (!log || x > 0)
  const stretches = series.map((s) => ({
    ...s,
    runs: runsOf(s.points, ([x, y]) => drawable(x, logX) && drawable(y, logY)),
  }))
  const points = stretches.flatMap((line) => line.runs.flat())
  if (points.length === 0)
    throw new CascadeError('input', `svgLineChart: expected a point to draw in '${title}', got none`)
  const xs = axis(
    points.map(([x]) => x),
    { log: logX, ticks: xTicks },
  )
  const ys = axis(
    points.map(([, y]) => y),
    { log: logY, toTicks: true, ticks: yTicks },
  )

  const labelWidth = Math.max(...ys.ticks.map((t) => t.label.length)) * charWidth
  const left = 36 + labelWidth
  const legend = series.length > 1 ? legendRows(series, width - left - right) : []
  const top = 44 + legend.length * 20
  const inset = series.some((s) => s.markers) ? 12 : 0
  const px = (x: number) => round(left + inset + xs.fraction(x) * (width - left - right - 2 * inset))
  const py = (y: number) => round(height - bottom - ys.fraction(y) * (height - top - bottom))

  const grid = ys.ticks.map(({ value, label }) => {
    const y = py(value)
    return `<path d="M${round(left)} ${y}H${width - right}" stroke="currentColor" stroke-opacity=".14"/>
<text x="${round(left - 8)}" y="${y + 4}" text-anchor="end" fill-opacity=".7">${label}</text>`
  })
  const base = height - bottom
  const marks = xs.ticks.map(({ value, label }) => {
    const x = px(value)
    return `<path d="M${x} ${base}v5" stroke="currentColor" stroke-opacity=".5"/>
<text x="${x}" y="${base + 19}" text-anchor="middle" fill-opacity=".7">${label}</text>`
  })
  const colour = (i: number) => colours[i % colours.length]!
  const drawn = stretches.flatMap((line, i) => [
    ...line.runs.map((run) => {
      const d = run.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${px(x)} ${py(y)}`).join('')
      const dash = line.dashed ? ' stroke-dasharray="6 5"' : ''
      return `<path d="${d}" fill="none" stroke="${colour(i)}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"${dash}/>`
    }),
    ...line.runs
      .filter((run) => line.markers || run.length === 1)
      .flat()
      .map(([x, y]) => {
        const value = escapeXml(`${line.name} at ${formatNumber(x)}: ${formatNumber(y)}`)
        return `<circle cx="${px(x)}" cy="${py(y)}" r="4" fill="${colour(i)}"><title>${value}</title></circle>`
      }),
  ])
  const key = legend.flatMap((row, r) =>
    row.map(({ name, dashed, index, x }) => {
      const [from, y, fill] = [round(left + x), 43 + r * 20, colour(index)]
      const bar = (at: number, wide: number) =>
        `<rect x="${round(from + at)}" y="${y}" width="${wide}" height="4" rx="2" fill="${fill}"/>`
      const sample = dashed ? bar(0, 6) + bar(8, 6) : bar(0, 14)
      return `${sample}\n<text x="${round(from + 20)}" y="${y + 6}">${escapeXml(name)}</text>`
    }),
  )
  const middle = round((top + base) / 2)
  const [wide, high] = [round(width - left - right), round(base - top)]
  // A nested picture clips its content, and needs no id, which would have to be unique on a page.
  const within = `<svg x="${round(left)}" y="${top}" width="${wide}" height="${high}" viewBox="${round(left)} ${top} ${wide} ${high}">`
  const lines = xTicks || yTicks ? [within, ...drawn, '</svg>'] : drawn
  const fixed = standalone ? `width="${width}" height="${height}" ` : ''
  const paper = standalone ? '<rect width="100%" height="100%" fill="#fff"/>\n' : ''
  return `<svg xmlns="http://www.w3.org/2000/svg" ${fixed}viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}" \
font-family="system-ui, sans-serif" font-size="13" fill="currentColor">
${paper}<text x="${round(left)}" y="22" font-size="15.5" font-weight="600">${escapeXml(title)}</text>
${[...key, ...grid].join('\n')}
<path d="M${round(left)} ${base}H${width - right}" stroke="currentColor" stroke-opacity=".5"/>
${[...marks, ...lines].join('\n')}
<text x="${round((left + width - right) / 2)}" y="${height - 8}" text-anchor="middle">${escapeXml(xLabel)}</text>
<text transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>
</svg>`
}

const round = (x: number) => Math.round(x * 10) / 10

/** The stretches of consecutive points that can be drawn. */
function runsOf<P>(points: readonly P[], drawable: (point: P) => boolean): P[][] {
  const runs: P[][] = []
  let run: P[] | undefined
  for (const point of points)
    if (!drawable(point)) run = undefined
    else if (run) run.push(point)
    else {
      run = [point]
      runs.push(run)
    }
  return runs
}

/** The positions of the names, in as many rows as needed. */
function legendRows(series: readonly Series[], available: number) {
  const rows: { name: string; dashed: boolean | undefined; index: number; x: number }[][] = [[]]
  let x = 0
  for (const [index, { name, dashed }] of series.entries()) {
    const needed = 20 + name.length * charWidth
    if (x > 0 && x + needed > available) {
      rows.push([])
      x = 0
    }
    rows.at(-1)!.push({ name, dashed, index, x })
    x += needed + 20
  }
  return rows
}

function checkSeries(series: readonly Series[]): void {
  if (!Array.isArray(series))
    throw new CascadeError('input', `svgLineChart: expected series, a list of { name, points }, got ${shown(series)}`)
  for (const line of series) {
    checkOptions('svgLineChart: series', line, seriesKeys)
    const { name, points } = line
    if (!Array.isArray(points) || !points.every((point) => Array.isArray(point)))
      throw new CascadeError(
        'input',
        `svgLineChart: expected points of '${name}', a list of [x, y], got ${shown(points)}`,
      )
  }
}
