import * as tf from '@tensorflow/tfjs-core'

/**
 * Doubles height and width by repeating each pixel 2×2: [N, H, W, C] → [N, 2H, 2W, C].
 * Its own gradient is the sum over each 2×2 block: tfjs's gradient of `resizeNearestNeighbor` is wrong on its cpu
 * backend.
 */
export const upsampleNearest2x = (x: tf.Tensor4D): tf.Tensor4D => repeatPixels(x) as tf.Tensor4D

const repeatPixels = tf.customGrad((...args) => {
  const x = args[0] as tf.Tensor4D
  return {
    value: tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]),
    gradFunc: (dy: tf.Tensor) => tf.mul(tf.avgPool(dy as tf.Tensor4D, 2, 2, 'valid'), 4),
  }
})

/** Options of {@link resizeBilinear} and {@link resizeBicubic}. */
export interface ResizeOptions {
  /**
   * Whether an axis that becomes shorter is averaged. The filter is then as wide as a new pixel, and its weights sum to
   * 1, at the borders too (`exclude_outside` in ONNX), as in Pillow, and in PyTorch with `antialias=True`. Default
   * false: pixels between the sampled ones are ignored.
   */
  antialias?: boolean
}

/**
 * Bilinear interpolation with pixel centres at half-integers and repeated edges, [N, h, w, C] → [N, height, width, C]:
 * PyTorch's `F.interpolate(mode='bilinear', align_corners=False)`, and with `antialias` Pillow's `BILINEAR`.
 * Computed as two products with constant matrices: tfjs's gradient of `resizeBilinear` ignores where the pixel centres
 * are.
 */
export const resizeBilinear = (
  x: tf.Tensor4D,
  size: readonly [number, number],
  { antialias = false }: ResizeOptions = {},
): tf.Tensor4D => resize(x, size, antialias ? filtered(tent, 1) : bilinearWeights)

/**
 * Cubic interpolation (Keys 1981, a = -1/2) with pixel centres at half-integers, [N, h, w, C] → [N, height, width, C].
 * There are no pixels beyond the edges; the weights of the others sum to 1. Upsampling equals that of TensorFlow,
 * Pillow and PyTorch's `F.interpolate(mode='bicubic', antialias=True)`, and so does downsampling with `antialias`.
 * PyTorch without `antialias` has a = -3/4 and repeats edges.
 */
export const resizeBicubic = (
  x: tf.Tensor4D,
  size: readonly [number, number],
  { antialias = false }: ResizeOptions = {},
): tf.Tensor4D => {
  const cubic = filtered(keys, 2)
  return resize(x, size, antialias ? cubic : (at, from) => cubic(at, from, 1))
}

/** Resamples rows, then columns, by a matrix each. */
function resize(x: tf.Tensor4D, [height, width]: readonly [number, number], weights: AxisWeights): tf.Tensor4D {
  const [n, h, w, c] = x.shape
  const byRows = tf.matMul(interpolation(h, height, weights), tf.reshape(x, [n, h, w * c]))
  const byColumns = tf.matMul(interpolation(w, width, weights), tf.reshape(byRows, [n * height, w, c]))
  return tf.reshape(byColumns, [n, height, width, c])
}

/**
 * The source pixels, of `from` along an axis, of the value at a place, each with its weight; a new pixel is as wide as
 * `width` of them.
 */
type AxisWeights = (at: number, from: number, width: number) => readonly (readonly [pixel: number, weight: number])[]

/** The matrix [1, to, from] that resamples one axis. */
const interpolation = (from: number, to: number, weights: AxisWeights): tf.Tensor3D =>
  tf.tensor3d(matrixOf(from, to, weights), [1, to, from])

function matrixOf(from: number, to: number, weights: AxisWeights): Float32Array<ArrayBuffer> {
  const matrix = new Float32Array(to * from)
  for (let i = 0; i < to; i++)
    for (const [pixel, weight] of weights(((i + 0.5) * from) / to - 0.5, from, from / to))
      matrix[i * from + pixel]! += weight
  return matrix
}

/**
 * How {@link resizeMatrix} makes new pixels: `area` is the mean of what a new pixel covers, `bilinear` and `bicubic` are
 * those of {@link resizeBilinear} and {@link resizeBicubic} with `antialias`.
 */
export type ResizeMethod = 'area' | 'bilinear' | 'bicubic'

/**
 * The matrix [to, from], row by row, that resizes one axis of `from` pixels to `to` pixels, larger or smaller. Each row
 * sums to 1. With `to` equal to `from` it is the identity.
 */
export const resizeMatrix = (from: number, to: number, method: ResizeMethod): Float32Array<ArrayBuffer> =>
  matrixOf(from, to, { area, bilinear: filtered(tent, 1), bicubic: filtered(keys, 2) }[method])

function bilinearWeights(place: number, from: number) {
  const at = Math.min(Math.max(place, 0), from - 1)
  const left = Math.floor(at)
  return [
    [left, 1 - (at - left)],
    [Math.min(left + 1, from - 1), at - left],
  ] as const
}

/**
 * Weights of a filter that reaches `support` pixels, or `support` new ones if those are wider, for the existing pixels.
 */
const filtered =
  (filter: (distance: number) => number, support: number): AxisWeights =>
  (at, from, width) => {
    const scale = Math.max(1, width)
    const first = Math.max(0, Math.ceil(at - support * scale))
    const last = Math.min(from - 1, Math.floor(at + support * scale))
    const weights = Array.from({ length: last - first + 1 }, (_, i) => filter(Math.abs(at - first - i) / scale))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight, i) => [first + i, weight / sum] as const)
  }

/** The pixels that a new one covers, each with its share of the area. */
const area: AxisWeights = (at, from, width) => {
  const [left, right] = [at + 0.5 - width / 2, at + 0.5 + width / 2]
  const first = Math.max(0, Math.floor(left))
  const last = Math.min(from, Math.ceil(right)) - 1
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const covered = Math.min(first + i + 1, right) - Math.max(first + i, left)
    return [first + i, covered / width] as const
  })
}

/** The kernel of bilinear interpolation, at a distance up to 1. */
const tent = (d: number): number => 1 - d

/** The kernel of Keys for a = -1/2, at a distance up to 2. */
const keys = (d: number): number => (d <= 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2)
