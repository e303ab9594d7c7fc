import { counter, spreadOf } from './counter.ts'
import type { StoredFigures } from './inspection.ts'

/** Bytes of images are counted in steps of 1/64 of themselves, so that their median takes little memory. */
const steps = (bytes: number): number => {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(bytes)) - 6)
  return Math.floor(bytes / step) * step
}

/** Counts what encoded images are. */
export function storedTally() {
  const [formats, modes] = [counter<string>(), counter<string>()]
  const sizes = counter<number>()
  let [bytes, turned, profiles, animated] = [0, 0, 0, 0]
  let [least, greatest] = [Number.POSITIVE_INFINITY, 0]
  return {
    async add(encoded: Uint8Array): Promise<void> {
      const { length } = encoded
      bytes += length
      least = Math.min(least, length)
      greatest = Math.max(greatest, length)
      sizes.add(steps(length))
      const found = await storedForm(encoded)
      formats.add(found.format)
      modes.add(found.mode)
      turned += Number(found.turned)
      profiles += Number(found.profile)
      animated += Number(found.animated)
    },
    /** Undefined if there was none. */
    figures(): StoredFigures | undefined {
      if (greatest === 0) return undefined
      const { median } = spreadOf(sizes.counts)
      const bytesEach = { least, median: Math.max(least, median), greatest }
      return { bytes, bytesEach, formats: formats.most(20), modes: modes.most(20), turned, profiles, animated }
    },
  }
}

/** The form of an encoded image, by its header. */
async function storedForm(encoded: Uint8Array) {
  const { default: sharp } = await import('sharp')
  try {
    const found = await sharp(encoded).metadata()
    const { format = 'unknown', space = '', depth, isPalette, hasAlpha, orientation = 1, pages = 1 } = found
    const bits = depth === 'ushort' ? ', 16 bits' : depth === 'uchar' ? '' : `, ${depth}`
    const mode = `${isPalette ? 'palette' : (spaces[space] ?? space)}${hasAlpha ? ', alpha' : ''}${bits}`
    const animated = pages > 1 && format !== 'heif'
    return { format: shownFormat(format), mode, turned: orientation > 1, profile: found.hasProfile, animated }
  } catch {
    return { format: 'other', mode: 'unknown', turned: false, profile: false, animated: false }
  }
}

/** Colour spaces of libvips, by the names of readers. */
const spaces: Readonly<Record<string, string>> = {
  srgb: 'RGB',
  rgb: 'RGB',
  rgb16: 'RGB',
  'b-w': 'grey',
  grey16: 'grey',
  cmyk: 'CMYK',
  lab: 'Lab',
}

const shownFormat = (format: string): string => (format === 'heif' ? 'avif' : format)
