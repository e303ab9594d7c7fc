import type { ByteImages } from '../images/byte-images.ts'
import { checkPixels } from './check-pixels.ts'
import type { Decoding } from './decode-options.ts'

/**
 * A BMP file without compression: of 1, 4 or 8 bits with a palette, or of 16, 24 or 32. RGB, or RGBA if it has bits
 * for alpha.
 */
export function decodeBmp(bytes: Uint8Array, decoding: Decoding): ByteImages {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = headerOf(view)
  const { width, height, bits, start } = header
  checkPixels([height, width], decoding)
  const stride = Math.ceil((width * bits) / 32) * 4
  if (start + stride * height > bytes.length)
    throw new Error(`expected ${start + stride * height} bytes, got ${bytes.length}: the file is truncated`)
  const pixelAt = bits <= 8 ? paletteReader(bytes, header) : masksReader(view, header)
  const channels = header.masks[3] ? 4 : 3
  const data = new Uint8Array(height * width * channels)
  for (let y = 0, out = 0; y < height; y++) {
    const row = start + stride * (header.topDown ? y : height - 1 - y)
    for (let x = 0; x < width; x++, out += channels) pixelAt(row, x, data, out)
  }
  return { shape: [height, width, channels], data }
}

interface BmpHeader {
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bits: number
  /** The first byte of the pixels. */
  readonly start: number
  /** The first byte of the palette, the bytes of an entry, and their number. */
  readonly palette: readonly [at: number, entry: number, count: number]
  /** The bits of red, green, blue and alpha in a pixel. */
  readonly masks: readonly number[]
}

function headerOf(view: DataView): BmpHeader {
  if (view.byteLength < 26) throw new Error('expected the header of a BMP file: the file is truncated')
  const [start, size] = [view.getUint32(10, true), view.getUint32(14, true)]
  const old = size === 12
  if (!old && (size < 40 || view.byteLength < 14 + size))
    throw new Error(`expected a BMP header of 12 or 40 bytes or more, got ${size}`)
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true)
  const signed = old ? view.getUint16(20, true) : view.getInt32(22, true)
  const bits = view.getUint16(old ? 24 : 28, true)
  const compression = old ? 0 : view.getUint32(30, true)
  if (![1, 4, 8, 16, 24, 32].includes(bits))
    throw new Error(`expected a BMP file of 1, 4, 8, 16, 24 or 32 bits, got ${bits}`)
  if (compression !== 0 && !(compression === 3 && bits >= 16))
    throw new Error(`expected a BMP file without compression, got one of kind ${compression}`)
  const entry = old ? 3 : 4
  const at = 14 + size
  const room = Math.max(0, Math.floor((start - at) / entry))
  return {
    width,
    height: Math.abs(signed),
    topDown: signed < 0,
    bits,
    start,
    palette: [at, entry, Math.min(2 ** bits, room)],
    masks: compression === 3 ? givenMasks(view, size) : (usualMasks[bits] ?? usualMasks[24]!),
  }
}

const usualMasks: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x3e0, 0x1f, 0],
  24: [0xff0000, 0xff00, 0xff, 0],
  32: [0xff0000, 0xff00, 0xff, 0],
}

/** They follow the short header, and are a part of the longer ones. */
function givenMasks(view: DataView, size: number): number[] {
  if (view.byteLength < 70) throw new Error('expected the masks of a BMP file: the file is truncated')
  return [54, 58, 62, 66].map((at, i) => (i < 3 || size >= 56 ? view.getUint32(at, true) : 0))
}

type PixelReader = (row: number, x: number, to: Uint8Array, out: number) => void

function paletteReader(bytes: Uint8Array, { bits, palette }: BmpHeader): PixelReader {
  const [at, entry, count] = palette
  const perByte = 8 / bits
  const last = 2 ** bits - 1
  return (row, x, to, out) => {
    const byte = bytes[row + Math.floor(x / perByte)]!
    const index = (byte >> (8 - bits * ((x % perByte) + 1))) & last
    if (index >= count) throw new Error(`expected a palette index below ${count}, got ${index}`)
    for (let c = 0; c < 3; c++) to[out + c] = bytes[at + index * entry + 2 - c]!
  }
}

function masksReader(view: DataView, { bits, masks }: BmpHeader): PixelReader {
  const size = bits / 8
  const shifts = masks.map((mask) => (mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)))
  const mosts = masks.map((mask, i) => mask >>> shifts[i]!)
  const channels = masks[3] ? 4 : 3
  return (row, x, to, out) => {
    const at = row + x * size
    const low = view.getUint16(at, true)
    const pixel =
      size === 2 ? low : (low | (view.getUint8(at + 2) << 16) | (size === 4 ? view.getUint8(at + 3) << 24 : 0)) >>> 0
    for (let c = 0; c < channels; c++) {
      const most = mosts[c]!
      const value = (pixel & masks[c]!) >>> shifts[c]!
      to[out + c] = most === 255 || most === 0 ? value : Math.floor((value * 255) / most)
    }
  }
}
