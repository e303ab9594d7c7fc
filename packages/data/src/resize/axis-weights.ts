import { type FilterName, filters } from './filters.ts'

/** How the pixels along one axis are mixed into new ones: a run of pixels for each, with a weight for each pixel. */
export interface AxisWeights {
  /** The first pixel of each run. */
  readonly starts: Int32Array
  /** The pixels of each run. */
  readonly counts: Int32Array
  /** The room for the weights of one run. */
  readonly room: number
  /** [new pixels, room], sums of 1; zeros after a run. */
  readonly weights: Float64Array
  /** The same times 2^22, rounded, halves away from 0. */
  readonly fixed: Int32Array
}

/** What weights along an axis depend on. */
export interface AxisOptions {
  readonly filter: FilterName
  /** Pixels of the image. */
  readonly from: number
  /** New pixels. */
  readonly to: number
  /** The part of the image that becomes the new pixels: its edges. */
  readonly edges: readonly [first: number, last: number]
}

/** The bits of a fixed-point weight behind the point. */
export const precision = 22

const cached = new Map<string, AxisWeights>()
const cacheSize = 32

/** The weights along an axis, with Pillow's arithmetic in double precision. The last few are kept. */
export function axisWeights(options: AxisOptions): AxisWeights {
  const key = `${options.filter} ${options.from} ${options.to} ${options.edges}`
  const known = cached.get(key)
  if (known) cached.delete(key)
  else if (cached.size >= cacheSize) cached.delete(cached.keys().next().value!)
  const weights = known ?? computed(options)
  cached.set(key, weights)
  return weights
}

function computed({ filter, from, to, edges }: AxisOptions): AxisWeights {
  const { support, weight } = filters[filter]
  const [first, last] = [Math.fround(edges[0]), Math.fround(edges[1])] // Pillow's box is of single precision.
  const scale = Math.fround(last - first) / to
  const stretch = Math.max(scale, 1)
  const inverse = 1 / stretch
  const reach = support * stretch
  const room = Math.ceil(reach) * 2 + 1
  const starts = new Int32Array(to)
  const counts = new Int32Array(to)
  const weights = new Float64Array(to * room)
  for (let i = 0; i < to; i++) {
    const center = first + (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(center - reach + 0.5))
    const count = Math.min(from, Math.trunc(center + reach + 0.5)) - start
    const run = weights.subarray(i * room, i * room + count)
    let sum = 0
    for (let j = 0; j < count; j++) sum += run[j] = weight((j + start - center + 0.5) * inverse)
    if (sum !== 0) for (let j = 0; j < count; j++) run[j]! /= sum
    starts[i] = start
    counts[i] = count
  }
  const fixed = Int32Array.from(weights, (w) => Math.trunc(w * 2 ** precision + (w < 0 ? -0.5 : 0.5)))
  return { starts, counts, room, weights, fixed }
}
