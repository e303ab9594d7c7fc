import { CascadeError, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { escapeXml } from './escape-xml.ts'
import { formatNumbers } from './format.ts'
import { reportStyle } from './report-style.ts'

/** The content of {@link htmlReport}. */
export interface Report {
  title: string
  /** One or more paragraphs, with blank lines between. */
  summary: string
  /** The key figures, shown large. */
  figures?: readonly KeyFigure[]
  sections: readonly ReportSection[]
}

/** A figure shown large. */
export interface KeyFigure {
  label: string
  /** With its unit: `97.3 %`. */
  value: string
  /** What it is measured on. */
  note?: string
}

/** A card: text, then optional images, charts and a table. */
export interface ReportSection {
  heading: string
  /** In the form of `summary`. */
  text?: string
  /** SVG elements, such as those of `svgLineChart`, inserted as they are. */
  charts?: readonly string[]
  images?: readonly ReportImage[]
  table?: ReportTable
}

/** An image with its caption. */
export interface ReportImage {
  /** `data:image/png;base64,…` */
  pngDataUri: string
  /** Describes the image; screen readers read it instead. */
  caption: string
}

/** A table. */
export interface ReportTable {
  header: readonly string[]
  /** One cell for each of the header. A column of numbers is aligned right, with the same number of decimals. */
  rows: readonly (readonly (string | number)[])[]
}

const reportKeys: KnownKeys<Report> = { title: true, summary: true, figures: true, sections: true }
const sectionKeys: KnownKeys<ReportSection> = { heading: true, text: true, charts: true, images: true, table: true }

/**
 * A report as one HTML page, which is also well-formed XML. It loads nothing, which its security policy enforces. All
 * text is escaped.
 * @throws if a field is unknown, there is no list of sections, an image is not a PNG data URI, or a row of a table and its header differ in length.
 */
export function htmlReport(report: Report): string {
  checkOptions('htmlReport', report, reportKeys)
  const { title, summary, figures = [], sections } = report
  if (!Array.isArray(sections))
    throw new CascadeError('input', `htmlReport: expected sections, a list of { heading, … }, got ${shown(sections)}`)
  for (const section of sections) checkOptions('htmlReport: section', section, sectionKeys)
  return `<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>
<title>${escapeXml(title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<header>
<h1>${escapeXml(title)}</h1>
${paragraphs(summary)}
</header>
${figures.length > 0 ? `<dl>\n${figures.map(keyFigure).join('\n')}\n</dl>` : ''}
${sections.map(section).join('\n')}
</main>
</body>
</html>
`
}

const paragraphs = (text: string) =>
  text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => `<p>${escapeXml(paragraph)}</p>`)
    .join('\n')

const keyFigure = ({ label, value, note }: KeyFigure) =>
  `<div><dt>${escapeXml(label)}</dt><dd class="value">${escapeXml(value)}</dd>${
    note ? `<dd class="note">${escapeXml(note)}</dd>` : ''
  }</div>`

function section({ heading, text, charts = [], images = [], table: cells }: ReportSection): string {
  const parts = [`<h2>${escapeXml(heading)}</h2>`]
  if (text) parts.push(paragraphs(text))
  parts.push(...images.map(image))
  const data: string[] = []
  if (charts.length > 0) data.push(`<div class="charts">\n${charts.join('\n')}\n</div>`)
  if (cells) data.push(table(cells))
  if (data.length > 0) parts.push(`<div class="data">\n${data.join('\n')}\n</div>`)
  return `<section>\n${parts.join('\n')}\n</section>`
}

function image({ pngDataUri, caption }: ReportImage): string {
  if (!/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/.test(pngDataUri))
    throw new CascadeError('input', `htmlReport: expected data:image/png;base64,…, got ${pngDataUri.slice(0, 40)}`)
  const text = escapeXml(caption)
  return `<figure><img src="${pngDataUri}" alt="${text}"/><figcaption>${text}</figcaption></figure>`
}

function table({ header, rows }: ReportTable): string {
  const wrong = rows.find((row) => row.length !== header.length)
  if (wrong)
    throw new CascadeError(
      'input',
      `htmlReport: expected ${header.length} cells in each row, got ${wrong.length}: ${wrong}`,
    )
  const columns = header.map((_, k) => {
    const values = rows.map((row) => row[k]!)
    const numbers = values.filter((value) => typeof value === 'number')
    const numeric = numbers.length > 0 && numbers.length === values.length
    return { texts: numeric ? formatNumbers(numbers) : values.map(String), attribute: numeric ? ' class="number"' : '' }
  })
  const line = (tag: 'th' | 'td', text: (k: number) => string) =>
    `<tr>${columns.map(({ attribute }, k) => `<${tag}${attribute}>${escapeXml(text(k))}</${tag}>`).join('')}</tr>`
  return `<div class="table"><table>
<thead>${line('th', (k) => header[k]!)}</thead>
<tbody>
${rows.map((_, i) => line('td', (k) => columns[k]!.texts[i]!)).join('\n')}
</tbody>
</table></div>`
}
