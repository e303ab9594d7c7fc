import type { NDArray } from '../packages/arrays/src/index.ts'
import { type ByteImages, encodePng } from '../packages/data/src/index.ts'

/** A row of pictures [height,width,channels], each with a label below it, and a label at its left. */
export interface LabelledRow {
  readonly label: string
  readonly cells: readonly { readonly label: string; readonly image: ByteImages | NDArray<'float32'> }[]
}

const [margin, side, left, line] = [10, 96, 190, 18]

/**
 * An SVG file of rows of pictures with labels. Pixels stay sharp: each picture is a PNG file within it, and is drawn 96
 * units wide.
 */
export function labelledPictures(title: string, rows: readonly LabelledRow[]): string {
  const height = side + line + 6
  const columns = Math.max(...rows.map(({ cells }) => cells.length))
  const size = [left + columns * (side + margin) + margin, 40 + rows.length * (height + margin)]
  const text = (x: number, y: number, content: string, more = '') =>
    `<text x="${x}" y="${y}"${more}>${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`
  const body = rows.flatMap(({ label, cells }, row) => {
    const top = 40 + row * (height + margin)
    const lines = label.split('\n').map((words, i) => text(margin, top + side / 2 + 16 * i, words))
    const pictures = cells.flatMap(({ label, image }, column) => {
      const x = left + column * (side + margin)
      const png = Buffer.from(encodePng(image)).toString('base64')
      return [
        `<image x="${x}" y="${top}" width="${side}" height="${side}" href="data:image/png;base64,${png}"/>`,
        text(x + side / 2, top + side + line, label, ' text-anchor="middle" font-size="13"'),
      ]
    })
    return [...lines, ...pictures]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" width="${size[0]}" height="${size[1]}" ` +
      'font-family="sans-serif" font-size="14">',
    '<style>image { image-rendering: pixelated }</style>',
    '<rect width="100%" height="100%" fill="white"/>',
    text(margin, 25, title, ' font-weight="bold"'),
    ...body,
    '</svg>\n',
  ].join('\n')
}
