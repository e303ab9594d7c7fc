import type { NDArray } from '@cascade-diffusion/arrays'
import type { ImageSize } from '@cascade-diffusion/data'
import { resizeMatrix } from '@cascade-diffusion/ops'

/** The methods of resampling. */
export const resampleMethods: readonly ResampleMethod[] = ['nearest', 'bilinear', 'bicubic', 'area']

/**
 * How images are resampled, with pixel centres at half-integers:
 * - `nearest` takes the pixel that the new pixel's centre is in.
 * - `bilinear` and `bicubic` (Keys 1981, a = -1/2) interpolate, and filter where images become smaller: as Pillow, and
 *   as PyTorch with `antialias=True`.
 * - `area` is the mean of what a new pixel covers. It makes images smaller only.
 */
export type ResampleMethod = 'nearest' | 'bilinear' | 'bicubic' | 'area'

/**
 * Images of another size, clipped to [-1, 1], which cubic interpolation can leave. Sums are computed in float64.
 * @param images float32 [n,h,w,C] in [-1, 1].
 */
export function resampleImages(
  { shape, data }: NDArray<'float32'>,
  [height, width]: ImageSize,
  method: ResampleMethod,
): NDArray<'float32'> {
  const [n, h, w, c] = shape as [number, number, number, number]
  const rows = resampledAxis(data, [n, h, w * c], axisWeights(h, height, method))
  const columns = resampledAxis(rows, [n * height, w, c], axisWeights(w, width, method))
  const clipped = Float32Array.from(columns, (x) => Math.min(Math.max(x, -1), 1))
  return { dtype: 'float32', shape: [n, height, width, c], data: clipped }
}

/** The pixels that each new pixel of an axis is made of, with their weights. */
type Taps = readonly (readonly (readonly [pixel: number, weight: number])[])[]

function axisWeights(from: number, to: number, method: ResampleMethod): Taps {
  if (method === 'nearest')
    return Array.from({ length: to }, (_, i) => [[Math.floor(((i + 0.5) * from) / to), 1] as const])
  const matrix = resizeMatrix(from, to, method)
  return Array.from({ length: to }, (_, i) =>
    [...matrix.subarray(i * from, (i + 1) * from).entries()].filter(([, weight]) => weight !== 0),
  )
}

/** Resamples the middle of three axes. */
function resampledAxis(
  data: ArrayLike<number>,
  [outer, length, inner]: readonly [number, number, number],
  taps: Taps,
): Float64Array {
  const result = new Float64Array(outer * taps.length * inner)
  for (let o = 0; o < outer; o++)
    for (const [i, pixels] of taps.entries()) {
      const to = (o * taps.length + i) * inner
      for (const [pixel, weight] of pixels) {
        const from = (o * length + pixel) * inner
        for (let k = 0; k < inner; k++) result[to + k]! += weight * data[from + k]!
      }
    }
  return result
}
