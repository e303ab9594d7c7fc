import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { type ByteImages, separate } from './byte-images.ts'
import { zlibStream } from './zlib-stream.ts'

/** The colour type of a PNG file, by the number of channels. */
const colourTypes: Readonly<Record<number, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 }

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/**
 * An image [height, width, 1 to 4], in bytes or float32 in [-1, 1], as a PNG file: 8 bits a channel; grey, grey with alpha, RGB or RGBA.
 * The same pixels give the same bytes (with the same version of zlib). A browser has no zlib: the file is not compressed there.
 * @throws if it is not one image of such a shape.
 */
export function encodePng(image: ByteImages | NDArray<'float32'>): Uint8Array {
  const [one, ...more] = separate(image)
  if (!one || more.length > 0) throw new CascadeError('input', `encodePng: expected one image, got [${image.shape}]`)
  const [height, width, channels] = one.shape as [number, number, number]
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, colourTypes[channels]!], 8) // 8 bits a channel
  const stride = width * channels
  const lines = new Uint8Array(height * (stride + 1)) // each line begins with its filter: 0, none
  for (let y = 0; y < height; y++) lines.set(one.data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1)
  const empty = new Uint8Array(0)
  return joined([signature, chunk('IHDR', header), chunk('IDAT', zlibStream(lines)), chunk('IEND', empty)])
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 12)
  const view = new DataView(out.buffer)
  view.setUint32(0, data.length)
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i)
  out.set(data, 8)
  view.setUint32(data.length + 8, crc32(out.subarray(4, -4)))
  return out
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** The remainder of each byte (PNG specification, Annex D). */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff
  for (let i = 0; i < bytes.length; i++) c = remainders[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8)
  return ~c >>> 0
}
