import { createHash } from 'node:crypto'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import type { ByteImages } from '../../images/byte-images.ts'
import { type ResizeFilter, resizeImage } from '../resize-image.ts'

/** A case of benchmarks/fixtures/pillow_resize.py: an image made of a seed, and the digest of what Pillow makes of it. */
export interface PillowCase {
  readonly seed: number
  readonly kind: 'noise' | 'extremes' | 'smooth' | 'numbers'
  readonly from: readonly [height: number, width: number, channels: number]
  readonly to: readonly [height: number, width: number]
  readonly filter: ResizeFilter
  readonly box?: readonly [number, number, number, number]
  readonly digest: string
}

/** Whether `resizeImage` gives what Pillow gave. */
export function agrees(pillowCase: PillowCase): boolean {
  const { kind, to, filter, box, digest } = pillowCase
  const options = { filter, box }
  const { data } =
    kind === 'numbers' ? resizeImage(numbers(pillowCase), to, options) : resizeImage(picture(pillowCase), to, options)
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16) === digest
}

/** The image of a case in bytes. */
export function picture({ seed, kind, from }: Pick<PillowCase, 'seed' | 'kind' | 'from'>): ByteImages {
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

/** The image of a case in numbers from -1 to 1. */
function numbers({ seed, from }: PillowCase): NDArray<'float32'> {
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
