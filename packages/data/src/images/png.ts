import { crc32, deflateSync } from 'node:zlib'
import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { type ByteImages, separate } from './byte-images.ts'

/** The colour type of a PNG file, by the number of channels. */
const colourTypes: Readonly<Record<number, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 }

/**
 * An image [height, width, 1 to 4], in bytes or float32 in [-1, 1], as a PNG file: 8 bits a channel; grey, grey with alpha, RGB or RGBA.
 * The same pixels give the same bytes (with the same version of zlib).
 * @throws if it is not one image of such a shape.
 */
export function encodePng(image: ByteImages | NDArray<'float32'>): Uint8Array {
  const [one, ...more] = separate(image)
  if (!one || more.length > 0) throw new CascadeError('input', `encodePng: expected one image, got [${image.shape}]`)
  const [height, width, channels] = one.shape as [number, number, number]
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, colourTypes[channels]!], 8) // 8 bits a channel
  const stride = width * channels
  const lines = Buffer.alloc(height * (stride + 1)) // each line begins with its filter: 0, none
  for (let y = 0; y < height; y++) lines.set(one.data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1)
  return new Uint8Array(
    Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(lines, { level: 9 })),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  )
}

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(data.length + 12)
  out.writeUInt32BE(data.length, 0)
  out.write(type, 4, 'latin1')
  out.set(data, 8)
  out.writeUInt32BE(crc32(out.subarray(4, -4)), data.length + 8)
  return out
}
