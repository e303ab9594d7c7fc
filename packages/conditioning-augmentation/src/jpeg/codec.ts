import {
  abs,
  add,
  clipByValue,
  concat,
  div,
  floor,
  matMul,
  mul,
  reshape,
  sign,
  slice,
  sub,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  tensor1d,
  tensor2d,
  tensor3d,
  transpose,
} from '@tensorflow/tfjs-core'
import { type AxisMatrix, doubled, padded, pairsOfColumns, pairsOfRows } from './axes.ts'

/** The steps of the coefficients of each image, float32 [n, 64]. */
export interface Steps {
  readonly brightness: Tensor
  readonly colour: Tensor
}

/**
 * Images as libjpeg decodes what it encoded, with its default settings: all that is lost in a baseline file, without the
 * file. It computes libjpeg's integers, exactly up to 2²⁴; the few beyond matter only where a quotient is nearly a tie.
 * @param bytes integers 0 to 255, float32 [n, h, w, 1 or 3].
 * @param halved whether the colours have half of the resolution, 4:2:0, or all of it, 4:4:4.
 */
export function throughJpeg(bytes: Tensor4D, steps: Steps, halved: boolean): Tensor4D {
  const [n, height, width, channels] = bytes.shape
  const fullSize = (plane: Tensor3D, steps: Tensor): Tensor3D => {
    const blocks = quantised(resampled(plane, padded(height), padded(width)), steps)
    return slice(blocks, [0, 0, 0], [n, height, width])
  }
  if (channels === 1)
    return reshape(fullSize(reshape(bytes, [n, height, width]), steps.brightness), [n, height, width, 1])
  const ycc = toYcc(bytes)
  const plane = (c: number): Tensor3D => reshape(slice(ycc, [0, 0, 0, c], [n, height, width, 1]), [n, height, width])
  const halfSize = (plane: Tensor3D, steps: Tensor): Tensor3D =>
    upsampled(quantised(halves(plane), steps), height, width)
  const colour = halved ? halfSize : fullSize
  const planes = [fullSize(plane(0), steps.brightness), ...[1, 2].map((c) => colour(plane(c), steps.colour))]
  return toRgb(concat(planes.map((plane) => reshape(plane, [n, height, width, 1])) as Tensor4D[], 3))
}

const byte = (x: Tensor): Tensor => clipByValue(x, 0, 255)

/** To the nearest integer, halves up. */
const rounded = (x: Tensor): Tensor => floor(add(x, 0.5))

/** The numbers of a matrix in 16 binary places, as libjpeg has them: products with bytes are then exact. */
const fixed = (...numbers: number[]) => numbers.map((x) => Math.round(x * 65536) / 65536)

function toYcc(rgb: Tensor4D): Tensor4D {
  const matrix = [
    fixed(0.299, -0.16873589, 0.5),
    fixed(0.587, -0.33126411, -0.41868759),
    fixed(0.114, 0.5, -0.08131241),
  ]
  const ycc = reshape(matMul(reshape(rgb, [-1, 3]), tensor2d(matrix.flat(), [3, 3])), rgb.shape)
  // Halves are rounded up in brightness, down in colours.
  const half = 0.5 - 2 ** -16
  return add(floor(add(ycc, tensor1d([0.5, half, half]))), tensor1d([0, 128, 128]))
}

function toRgb(ycc: Tensor4D): Tensor4D {
  const [n, height, width] = ycc.shape
  const channel = (c: number) => slice(ycc, [0, 0, 0, c], [n, height, width, 1])
  const y = channel(0)
  const [cb, cr] = [sub(channel(1), 128), sub(channel(2), 128)]
  const [red, fromBlue, fromRed, blue] = fixed(1.402, -0.34414, -0.71414, 1.772) as [number, number, number, number]
  const parts = [mul(cr, red), add(mul(cb, fromBlue), mul(cr, fromRed)), mul(cb, blue)]
  return byte(concat(parts.map((part) => add(y, rounded(part))) as Tensor4D[], 3)) as Tensor4D
}

/** Both axes of planes [n, h, w] by a matrix each. */
function resampled(planes: Tensor3D, rows: AxisMatrix, columns: AxisMatrix): Tensor3D {
  const [n] = planes.shape
  const tall = matMul(tensor3d(rows.data, [1, rows.to, rows.from]), planes)
  const right = transpose(tensor2d(columns.data, [columns.to, columns.from]))
  return reshape(matMul(reshape(tall, [n * rows.to, columns.from]), right), [n, rows.to, columns.to])
}

/** Means of 2×2 pixels in whole blocks. A rest of 2 of 4 is rounded up in every other column. */
function halves(plane: Tensor3D): Tensor3D {
  const [, height, width] = plane.shape
  const sums = resampled(plane, pairsOfRows(height), pairsOfColumns(width))
  const extra = Float32Array.from({ length: sums.shape[2] }, (_, i) => 1 + (i % 2))
  return floor(div(add(sums, tensor1d(extra)), 4) as Tensor3D)
}

/** To twice the size, cut to height and width: smooth, except in planes of at most two columns. */
function upsampled(halves: Tensor3D, height: number, width: number): Tensor3D {
  const [, h, w] = halves.shape
  const smooth = width > 4
  const sums = resampled(halves, doubled(height, h, smooth), doubled(width, w, smooth))
  const extra = Float32Array.from({ length: width }, (_, i) => 8 - (i % 2))
  return floor(div(add(sums, tensor1d(extra)), 16) as Tensor3D)
}

/**
 * √8 times the discrete cosine transform of 8 numbers, times 2¹³: row k has the frequency k, and the columns 0 to 3. The
 * other columns mirror them. These are the numbers of libjpeg, sums of rounded numbers, some of which are off by one.
 */
const halfRows = [
  [8192, 8192, 8192, 8192],
  [11363, 9633, 6437, 2260],
  [10703, 4433, -4433, -10703],
  [9633, -2259, -11362, -6436],
  [8192, -8192, -8192, 8192],
  [6437, -11362, 2261, 9633],
  [4433, -10704, 10704, -4433],
  [2260, -6436, 9633, -11363],
]
const cosines = halfRows.flatMap((row, k) => [...row, ...row.toReversed().map((x) => (k % 2 === 0 ? x : -x))])

/** Planes of whole blocks after the rounding of their coefficients to multiples of the steps. */
function quantised(planes: Tensor3D, steps: Tensor): Tensor3D {
  const [n, height, width] = planes.shape
  const dct = tensor2d(
    cosines.map((x) => x / 8192),
    [8, 8],
  )
  const inverse = transpose(dct)
  /** Products of the rows and columns of all blocks with a matrix of 8×8. */
  const rows = (x: Tensor, matrix: Tensor) => reshape(matMul(reshape(x, [-1, 8]), matrix), [n, height, width])
  const columns = (x: Tensor, matrix: Tensor) =>
    reshape(matMul(reshape(matrix, [1, 8, 8]), reshape(x, [-1, 8, width])), [n, height, width])

  // Two bits after the point are kept between rows and columns; coefficients are eight times as large.
  const half = rounded(mul(rows(sub(planes, 128), inverse), 4))
  const coefficients = rounded(div(columns(half, dct), 4))

  const blocks = reshape(coefficients, [n, height / 8, 8, width / 8, 8])
  const step = reshape(steps, [n, 1, 8, 1, 8])
  const counts = floor(div(add(abs(blocks), mul(step, 4)), mul(step, 8)))
  const kept = reshape(mul(mul(sign(blocks), counts), step), [n, height, width])

  const back = rounded(mul(columns(kept, inverse), 4))
  return byte(add(rounded(div(rows(back, dct), 32)), 128)) as Tensor3D
}
