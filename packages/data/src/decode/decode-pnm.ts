import type { ByteImages } from '../images/byte-images.ts'
import { checkPixels } from './check-pixels.ts'
import type { Decoding } from './decode-options.ts'

/** A PPM or PGM file, in bytes or in text, of at most 16 bits. Values are scaled to 255 and rounded. */
export function decodePnm(bytes: Uint8Array, decoding: Decoding): ByteImages {
  const kind = bytes[1]! - 0x30 // P2 and P5 are grey, P3 and P6 RGB; 2 and 3 are text
  const scanner = tokens(bytes)
  const [width, height, most] = [scanner.next(), scanner.next(), scanner.next()]
  checkPixels([height, width], decoding)
  if (!(most >= 1 && most <= 65535)) throw new Error(`expected a largest value from 1 to 65535, got ${most}`)
  const channels = kind % 3 === 0 ? 3 : 1
  const count = height * width * channels
  const data = new Uint8Array(count)
  const scaled = Uint8Array.from({ length: most + 1 }, (_, value) => rounded((value / most) * 255))
  const next = kind < 4 ? scanner.next : binary(bytes, scanner.at(), count, most)
  for (let i = 0; i < count; i++) {
    const value = next()
    if (value > most) throw new Error(`expected values up to ${most}, got ${value}`)
    data[i] = scaled[value]!
  }
  return { shape: [height, width, channels], data }
}

/** Halves go to even numbers, as in Python. */
function rounded(x: number): number {
  const below = Math.floor(x)
  return x - below === 0.5 ? below + (below % 2) : Math.round(x)
}

/** The numbers of the header, or of a file of text, with comments from # to the end of the line. */
function tokens(bytes: Uint8Array) {
  let at = 2
  const isSpace = (byte: number | undefined) => byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13)
  return {
    next(): number {
      while (isSpace(bytes[at]) || bytes[at] === 0x23)
        if (bytes[at] === 0x23) while (at < bytes.length && bytes[at] !== 10 && bytes[at] !== 13) at++
        else at++
      const start = at
      let value = 0
      for (let digit = bytes[at]! - 48; digit >= 0 && digit <= 9; digit = bytes[at]! - 48) {
        value = 10 * value + digit
        at++
      }
      if (at === start || at - start > 10)
        throw new Error(`expected a number at byte ${start}: the file is damaged or truncated`)
      return value
    },
    /** The first byte of the pixels: after one space. */
    at: () => at + 1,
  }
}

function binary(bytes: Uint8Array, start: number, count: number, most: number): () => number {
  const size = most > 255 ? 2 : 1
  if (start + count * size > bytes.length)
    throw new Error(
      `expected ${count * size} bytes of pixels, got ${Math.max(0, bytes.length - start)}: the file is truncated`,
    )
  let at = start
  return () => (size === 1 ? bytes[at++]! : bytes[at++]! * 256 + bytes[at++]!)
}
