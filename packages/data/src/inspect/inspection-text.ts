import { shownSize } from '../images/image-size.ts'
import { checkInspection, type Inspection } from './inspection.ts'
import { bytesInWords, counted, isSample, percent, sharesInWords, sizesInWords, spreadInWords, whole } from './words.ts'

/** Classes, sizes, duplicates and unreadable images that are listed. */
const listed = 10

/**
 * An inspection in lines, for a terminal.
 * @throws {CascadeError} of code `input` unless it is one.
 */
export function inspectionText(inspection: Inspection): string {
  const { name, count, inspected, channels, classes, sizes, stored, pixels, duplicates, unreadable } = checkInspection(
    'inspectionText',
    inspection,
  )
  const of = classes ? ` of ${counted(classes.length, 'class', 'classes')}` : ''
  const lines = [`${name}: ${counted(count, 'image')}${of}`]
  const add = (what: string, text: string) => lines.push(`  ${what.padEnd(12)}  ${text}`)
  const more = (rest: number) => rest > 0 && lines.push(`${' '.repeat(16)}and ${counted(rest, 'other')}`)
  if (isSample(inspection)) add('looked at', `${whole(inspected)} of them`)
  if (stored) {
    add('bytes', `${bytesInWords(stored.bytes)}; each ${spreadInWords(stored.bytesEach, bytesInWords)}`)
    add('format', sharesInWords(stored.formats))
    add('stored as', sharesInWords(stored.modes))
    if (stored.turned > 0) add('EXIF', `${counted(stored.turned, 'image')} turned upright`)
    if (stored.profiles > 0) add('profiles', `${counted(stored.profiles, 'image')} with a colour profile, ignored`)
    if (stored.animated > 0) add('frames', `${counted(stored.animated, 'image')} of several, the first is read`)
  }
  if (sizes) {
    add('sizes', sizesInWords(sizes))
    if (sizes.different > 1) {
      add('height', spreadInWords(sizes.height))
      add('width', spreadInWords(sizes.width))
      add('smallest', `${shownSize(sizes.smallest.size)}  ${sizes.smallest.name}`)
      add('largest', `${shownSize(sizes.largest.size)}  ${sizes.largest.name}`)
      const [most] = sizes.common
      add('most common', `${shownSize(most!.what)}, ${percent(most!.images, inspected - unreadable.images)}`)
    }
  }
  const list = (values: readonly number[]) => values.map((x) => x.toFixed(1)).join(', ')
  if (pixels)
    add('pixels', `${counted(channels, 'channel')}, mean ${list(pixels.mean)}, deviation ${list(pixels.deviation)}`)
  if (classes) {
    const sorted = classes.toSorted((a, b) => b.images - a.images)
    const shown = sorted.length <= 2 * listed ? sorted : sorted.slice(0, listed)
    for (const [i, { name, images }] of shown.entries())
      add(i === 0 ? 'classes' : '', `${whole(images).padStart(9)}  ${name}`)
    if (shown.length < sorted.length) {
      add('', `        …  ${counted(sorted.length - shown.length - 1, 'other')}`)
      const last = sorted.at(-1)!
      add('', `${whole(last.images).padStart(9)}  ${last.name}`)
    }
  }
  add(
    'duplicates',
    duplicates.copies === 0
      ? 'none'
      : `${counted(duplicates.copies, 'copy', 'copies')} of ${counted(duplicates.groups, 'image')}${
          duplicates.conflicting > 0 ? `, ${whole(duplicates.conflicting)} of them with different labels` : ''
        }`,
  )
  for (const { first, images } of duplicates.shown.slice(0, listed)) {
    const names = first.slice(0, 3).map(({ name }) => name)
    add('', names.join(' = ') + (images > names.length ? ` = … (${counted(images, 'image')})` : ''))
  }
  more(duplicates.groups - Math.min(listed, duplicates.shown.length))
  add('unreadable', unreadable.images === 0 ? 'none' : counted(unreadable.images, 'image'))
  for (const { error } of unreadable.first.slice(0, listed)) add('', error)
  more(unreadable.images - Math.min(listed, unreadable.first.length))
  return lines.join('\n')
}
