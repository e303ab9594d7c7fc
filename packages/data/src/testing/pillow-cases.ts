import { createHash } from 'node:crypto'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import type { ByteImages } from '../images/byte-images.ts'
import { type ResizeFilter, resizeImage } from '../resize/resize-image.ts'

/** A picture that Python and TypeScript make of a seed. */
export interface SeededPicture {
  readonly seed: number
  readonly kind: 'noise' | 'extremes' | 'smooth' | 'numbers'
  readonly from: readonly [height: number, width: number, channels: number]
}

/** What Python made: bytes in base64 if they are few, or the digest of them. */
export interface PythonResult {
  readonly bytes?: string
  readonly digest?: string
}

/** A case of benchmarks/fixtures/pillow_resize.py: a picture, and what Pillow makes of it. */
export interface PillowCase extends SeededPicture, PythonResult {
  readonly to: readonly [height: number, width: number]
  readonly filter: ResizeFilter
  readonly box?: readonly [number, number, number, number]
}

/** What `resizeImage` makes of the picture of a case. */
export function resultOf(pillowCase: PillowCase): PythonResult {
  const { kind, to, filter, box } = pillowCase
  const options = { filter, box }
  const { data } =
    kind === 'numbers' ? resizeImage(numbers(pillowCase), to, options) : resizeImage(picture(pillowCase), to, options)
  return shortened(data)
}

/** Numbers as fixtures have them. */
export function shortened(data: Uint8Array | Float32Array): PythonResult {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (bytes.length <= 64) return { bytes: bytes.toString('base64') }
  return { digest: createHash('sha256').update(bytes).digest('hex').slice(0, 16) }
}

/** What Python made. */
export const expectedOf = ({ bytes, digest }: PythonResult): PythonResult => (bytes ? { bytes } : { digest })

/** The picture in bytes. */
export function picture({ seed, kind, from }: SeededPicture): ByteImages {
  const [height, width, channels] = from
  const data = new Uint8Array(height * width * channels)
  for (let i = 0; i < data.length; i++) {
    const x = hashed(seed, i)
    if (kind === 'noise') data[i] = x >>> 24
    else if (kind === 'extremes') data[i] = (x >>> 31) * 255
    else {
      const pixel = Math.floor(i / channels)
      data[i] = 5 * Math.floor(pixel / width) + 3 * (pixel % width) + 90 * (i % channels) + (x >>> 29)
    }
  }
  return { shape: from, data }
}

/** The picture in numbers from -1 to 1. */
function numbers({ seed, from }: SeededPicture): NDArray<'float32'> {
  const length = from[0] * from[1] * from[2]
  return ndarray(
    Float32Array.from({ length }, (_, i) => (hashed(seed, i) >>> 8) / 2 ** 23 - 1),
    from,
  )
}

/** Murmur's finalizer of the seed and a multiple of the index: 32 bits. */
function hashed(seed: number, index: number): number {
  let x = (Math.imul(index, 2654435761) + seed) | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
