import type { ByteImages } from '../images/byte-images.ts'
import { checkPixels } from './check-pixels.ts'
import type { Decoding } from './decode-options.ts'
import { unpackLzw } from './lzw.ts'

/**
 * The first frame of a GIF file on its screen, RGB; RGBA if one of its colours is transparent, whose RGB is that of
 * the palette, as in Pillow. (Other decoders make it black.) Around a smaller frame is the transparent colour, or the
 * first one.
 */
export function decodeGif(bytes: Uint8Array, decoding: Decoding): ByteImages {
  const frame = firstFrame(bytes)
  const { left, top, width, height, palette, transparent } = frame
  const screen = { width: Math.max(frame.screen[1], left + width), height: Math.max(frame.screen[0], top + height) }
  checkPixels([screen.height, screen.width], decoding)
  const indices = unpackLzw(frame.data, frame.codeSize, width * height)
  if (indices.length < width * height)
    throw new Error(`expected ${width * height} pixels, got ${indices.length}: the file is truncated`)
  const rows = frame.interlaced ? interlacedRows(height) : undefined
  const channels = transparent === undefined ? 3 : 4
  const data = new Uint8Array(screen.height * screen.width * channels)
  const paint = (out: number, index: number) => {
    if (3 * index + 3 > palette.length) throw new Error(`expected colours below ${palette.length / 3}, got ${index}`)
    for (let c = 0; c < 3; c++) data[out + c] = palette[3 * index + c]!
    if (channels === 4) data[out + 3] = index === transparent ? 0 : 255
  }
  if (width * height < screen.width * screen.height)
    for (let out = 0; out < data.length; out += channels) paint(out, transparent ?? 0)
  for (let y = 0, i = 0; y < height; y++) {
    const row = top + (rows ? rows[y]! : y)
    for (let x = 0; x < width; x++, i++) paint((row * screen.width + left + x) * channels, indices[i]!)
  }
  return { shape: [screen.height, screen.width, channels], data }
}

interface Frame {
  readonly screen: readonly [height: number, width: number]
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly interlaced: boolean
  readonly palette: Uint8Array
  readonly transparent: number | undefined
  readonly codeSize: number
  /** The codes of the pixels. */
  readonly data: Uint8Array
}

function firstFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const byteAt = (at: number): number => {
    if (at < bytes.length) return bytes[at]!
    throw new Error('expected an image in the file: it is truncated')
  }
  const paletteAt = (at: number, flags: number) =>
    flags & 0x80 ? bytes.subarray(at, at + 3 * 2 ** ((flags & 7) + 1)) : undefined
  const global = paletteAt(13, byteAt(10))
  let transparent: number | undefined
  let at = 13 + (global?.length ?? 0)
  for (;;) {
    const kind = byteAt(at)
    if (kind === 0x21) {
      // Of the extensions, the graphic control has the transparent colour.
      if (byteAt(at + 1) === 0xf9 && byteAt(at + 3) & 1) transparent = byteAt(at + 6)
      at = blocks(bytes, at + 2).end
    } else if (kind === 0x2c) break
    else throw new Error(`expected an image, got a block of kind ${kind} at byte ${at}`)
  }
  const flags = byteAt(at + 9)
  const local = paletteAt(at + 10, flags)
  const codeAt = at + 10 + (local?.length ?? 0)
  const { parts } = blocks(bytes, codeAt + 1)
  return {
    screen: [view.getUint16(8, true), view.getUint16(6, true)],
    left: view.getUint16(at + 1, true),
    top: view.getUint16(at + 3, true),
    width: view.getUint16(at + 5, true),
    height: view.getUint16(at + 7, true),
    interlaced: (flags & 0x40) !== 0,
    palette: local ?? global ?? greys,
    transparent,
    codeSize: byteAt(codeAt),
    data: Buffer.concat(parts),
  }
}

const greys = Uint8Array.from({ length: 3 * 256 }, (_, i) => Math.floor(i / 3))

/** Blocks, each after its length, up to one of length 0 or the end of the file. */
function blocks(bytes: Uint8Array, start: number): { readonly parts: Uint8Array[]; readonly end: number } {
  const parts: Uint8Array[] = []
  let at = start
  while (at < bytes.length && bytes[at] !== 0) {
    parts.push(bytes.subarray(at + 1, at + 1 + bytes[at]!))
    at += 1 + bytes[at]!
  }
  return { parts, end: at + 1 }
}

/** The rows in the order in which they are stored. */
function interlacedRows(height: number): number[] {
  const passes = [{ first: 0, step: 8 }, ...[4, 2, 1].map((first) => ({ first, step: 2 * first }))]
  return passes.flatMap(({ first, step }) =>
    Array.from({ length: Math.max(0, Math.ceil((height - first) / step)) }, (_, i) => first + i * step),
  )
}
