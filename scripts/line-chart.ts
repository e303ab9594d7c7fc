/** A line of a chart: its points, where a coordinate that is not finite ends a stroke. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly dashed?: boolean
}

/** What a chart shows. */
export interface LineChart {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
}

/** An axis: what it says, and its ticks from end to end. */
export interface Axis {
  readonly label: string
  readonly ticks: readonly number[]
}

const [width, height, legend] = [620, 400, 200]
const margin = { top: 40, right: 16, bottom: 52, left: 60 }
/** Okabe and Ito's colours, told apart by the colour-blind too. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#000000', '#e69f00', '#56b4e9', '#8a7f00']

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** Draws lines and their legend as an SVG document. Lines are cut off at the ends of the axes. */
export function lineChart({ title, x, y, series }: LineChart): string {
  const right = width - margin.right
  const bottom = height - margin.bottom
  const place = ({ ticks }: Axis, from: number, to: number) => {
    const [low, high] = [ticks[0]!, ticks.at(-1)!]
    return (value: number) => from + ((value - low) / (high - low)) * (to - from)
  }
  const [atX, atY] = [place(x, margin.left, right), place(y, bottom, margin.top)]
  const number = (value: number) => String(Math.round(value * 10) / 10)
  const text = (at: string, words: string, more = '') => `<text ${at} ${more}>${escaped(words)}</text>`

  const path = (points: Series['points']) => {
    let up = true
    const commands = points.map(([px, py]) => {
      if (!Number.isFinite(px + py)) {
        up = true
        return ''
      }
      const command = `${up ? 'M' : 'L'}${number(atX(px))} ${number(atY(py))}`
      up = false
      return command
    })
    return commands.join('')
  }
  const stroke = (i: number, dashed = false) =>
    `fill="none" stroke="${colours[i % colours.length]}" stroke-width="2"${dashed ? ' stroke-dasharray="6 4"' : ''}`

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width + legend}" height="${height}" viewBox="0 0 ${width + legend} ${height}" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(`x="${margin.left}" y="22"`, title, 'font-size="15" font-weight="bold"'),
    ...y.ticks.map((tick) => `<path d="M${margin.left} ${number(atY(tick))}H${right}" stroke="#ddd"/>`),
    ...y.ticks.map((tick) =>
      text(`x="${margin.left - 8}" y="${number(atY(tick) + 4)}"`, String(tick), 'text-anchor="end"'),
    ),
    ...x.ticks.map((tick) => text(`x="${number(atX(tick))}" y="${bottom + 18}"`, String(tick), 'text-anchor="middle"')),
    text(`x="${(margin.left + right) / 2}" y="${height - 12}"`, x.label, 'text-anchor="middle"'),
    text(`transform="translate(18 ${(margin.top + bottom) / 2}) rotate(-90)"`, y.label, 'text-anchor="middle"'),
    `<clipPath id="axes"><rect x="${margin.left}" y="${margin.top}" width="${right - margin.left}" height="${bottom - margin.top}"/></clipPath>`,
    ...series.map(({ points, dashed }, i) => `<path clip-path="url(#axes)" d="${path(points)}" ${stroke(i, dashed)}/>`),
    ...series.flatMap(({ name, dashed }, i) => {
      const at = margin.top + 10 + 22 * i
      return [`<path d="M${width} ${at}h26" ${stroke(i, dashed)}/>`, text(`x="${width + 34}" y="${at + 4}"`, name)]
    }),
    '</svg>\n',
  ].join('\n')
}
