import { htmlReport, type KeyFigure, type ReportSection, svgLineChart } from '@cascade-diffusion/reports'
import type { ByteImages } from '../images/byte-images.ts'
import { imageGrid } from '../images/image-grid.ts'
import { shownSize } from '../images/image-size.ts'
import { encodePng } from '../images/png.ts'
import type { ContactSheet } from './contact-sheet.ts'
import type { InspectedImages } from './inspect-images.ts'
import { checkInspection, type Inspection } from './inspection.ts'
import {
  bytesInWords,
  counted,
  isSample,
  percent,
  ratioInWords,
  sharesInWords,
  sizesInWords,
  spreadInWords,
  whole,
} from './words.ts'

/** Classes that a table lists whole. */
const fewClasses = 40

/**
 * An inspection as one HTML page that needs no other file.
 * @throws {CascadeError} of code `input` unless it is what `inspectImages` gives.
 */
export function inspectionPage(inspected: InspectedImages): string {
  const inspection = checkInspection('inspectionPage', inspected?.inspection)
  const { sheet } = inspected
  const { name, count, channels, classes } = inspection
  const of = classes ? ` of ${counted(classes.length, 'class', 'classes')}` : ', not labelled'
  const sample = isSample(inspection)
    ? ` ${whole(inspection.inspected)} of them were looked at, spread over the set.`
    : ''
  return htmlReport({
    title: name,
    summary: `${counted(count, 'image')}${of}, read with ${counted(channels, 'channel')}.${sample}`,
    figures: figuresOf(inspection),
    sections: [
      ...sheetSection(sheet, classes?.length),
      ...classSection(inspection),
      ...sizeSection(inspection),
      ...fileSection(inspection),
      ...duplicateSection(inspection),
      ...unreadableSection(inspection),
    ],
  })
}

function figuresOf(inspection: Inspection): KeyFigure[] {
  const { count, inspected, classes, sizes, stored, duplicates, unreadable } = inspection
  const of = isSample(inspection) ? ` in ${whole(inspected)} of them` : ''
  const bytes = stored && `${bytesInWords(stored.bytes)}${of}`
  const figures: KeyFigure[] = [{ label: 'images', value: whole(count), note: bytes }]
  if (classes) {
    const images = classes.map(({ images }) => images)
    const [least, most] = [Math.min(...images), Math.max(...images)]
    figures.push({
      label: 'classes',
      value: whole(classes.length),
      note: `${whole(least)}${least === most ? '' : ` to ${whole(most)}`} images each`,
    })
  }
  if (sizes)
    figures.push({
      label: 'median size',
      value: shownSize([sizes.height.median, sizes.width.median]),
      note: sizesInWords(sizes),
    })
  const { copies, groups, conflicting } = duplicates
  const labels = conflicting > 0 ? `, ${whole(conflicting)} with different labels` : ''
  figures.push({
    label: 'duplicates',
    value: whole(copies),
    note: copies > 0 ? `copies of ${counted(groups, 'image')}${labels}` : 'images of equal content',
  })
  figures.push({ label: 'unreadable', value: whole(unreadable.images), note: 'images' })
  return figures
}

function sheetSection(sheet: ContactSheet | undefined, classes: number | undefined): ReportSection[] {
  if (!sheet) return []
  const { rows, picture } = sheet
  const heading = 'Contact sheet'
  if (classes === undefined)
    return [
      { heading, images: [{ pngDataUri: dataUri(picture), caption: 'Images spread over the set, cut to squares' }] },
    ]
  return [
    {
      heading,
      text: rows.length < classes ? `Images of ${rows.length} of the ${whole(classes)} classes.` : undefined,
      images: rows.map(({ name, images }) => ({ pngDataUri: dataUri(imageGrid([images])), caption: name! })),
    },
  ]
}

const dataUri = (picture: ByteImages): string =>
  `data:image/png;base64,${Buffer.from(encodePng(picture)).toString('base64')}`

function classSection({ classes }: Inspection): ReportSection[] {
  if (!classes) return []
  const sorted = classes.toSorted((a, b) => b.images - a.images)
  const total = classes.reduce((sum, { images }) => sum + images, 0)
  const rows = (part: typeof sorted) => part.map(({ name, images }) => [name, images, percent(images, total)])
  const header = ['class', 'images', 'share']
  if (classes.length <= fewClasses) return [{ heading: 'Classes', table: { header, rows: rows(sorted) } }]
  const half = fewClasses / 2
  const values = sorted.map(({ images }) => images)
  const chart = svgLineChart({
    title: 'Images of the classes',
    xLabel: 'classes, the largest first',
    yLabel: 'images',
    series: [{ name: 'images', points: values.map((y, i) => [i + 1, y]) }],
  })
  return [
    {
      heading: 'Classes',
      text: `The ${half} largest and the ${half} smallest of ${whole(classes.length)} classes.`,
      charts: [chart],
      table: { header, rows: [...rows(sorted.slice(0, half)), ...rows(sorted.slice(-half))] },
    },
  ]
}

function sizeSection({ sizes }: Inspection): ReportSection[] {
  if (!sizes) return []
  const { height, width, smallest, largest, common, aspectRatios } = sizes
  const all = aspectRatios.reduce((sum, { images }) => sum + images, 0)
  const text = [
    `Height ${spreadInWords(height)}; width ${spreadInWords(width)}.`,
    `The smallest is ${smallest.name}, ${shownSize(smallest.size)}; the largest is ${largest.name}, ${shownSize(largest.size)}.`,
  ]
  if (sizes.different === 1) return [{ heading: 'Sizes', text: `All are ${shownSize(smallest.size)}.` }]
  return [
    {
      heading: 'Sizes',
      text: text.join('\n\n'),
      table: {
        header: ['height × width', 'images', 'share'],
        rows: common.map(({ what, images }) => [shownSize(what), images, percent(images, all)]),
      },
    },
    {
      heading: 'Aspect ratios',
      table: {
        header: ['width / height', 'images', 'share'],
        rows: aspectRatios.map(({ images }, i) => [ratioInWords(aspectRatios, i), images, percent(images, all)]),
      },
    },
  ]
}

function fileSection({ stored, pixels }: Inspection): ReportSection[] {
  const list = (values: readonly number[]) => values.map((x) => x.toFixed(1)).join(', ')
  const rows: [string, string][] = []
  if (stored) {
    rows.push(['bytes of an image', spreadInWords(stored.bytesEach, bytesInWords)])
    rows.push(['formats', sharesInWords(stored.formats)], ['modes', sharesInWords(stored.modes)])
    rows.push(['turned upright by EXIF', whole(stored.turned)])
    rows.push(['with a colour profile, ignored', whole(stored.profiles)])
    rows.push(['of several frames, the first read', whole(stored.animated)])
  }
  if (pixels) {
    rows.push(['mean of the channels, 0 to 255', list(pixels.mean)])
    rows.push(['deviation of the channels', list(pixels.deviation)])
  }
  return rows.length > 0 ? [{ heading: stored ? 'Files and pixels' : 'Pixels', table: { header: ['', ''], rows } }] : []
}

function duplicateSection({ duplicates }: Inspection): ReportSection[] {
  const { groups, shown } = duplicates
  if (groups === 0) return []
  return [
    {
      heading: 'Duplicates',
      text: `Images of equal content, by SHA-256${shown.length < groups ? `: the first ${shown.length} of ${whole(groups)}` : ''}.`,
      table: {
        header: ['images', 'names'],
        rows: shown.map(({ images, first }) => [
          images,
          first.map(({ name }) => name).join(', ') + (first.length < images ? ', …' : ''),
        ]),
      },
    },
  ]
}

function unreadableSection({ unreadable }: Inspection): ReportSection[] {
  const { images, first } = unreadable
  if (images === 0) return []
  return [
    {
      heading: 'Unreadable images',
      text: first.length < images ? `The first ${first.length} of ${whole(images)}.` : undefined,
      table: { header: ['image', 'error'], rows: first.map(({ index, error }) => [String(index), error]) },
    },
  ]
}
