import type { Lowering, Physical } from '../../lower/lowering.ts'
import { matMul } from '../matmul.ts'
import { cutImage, padImage, unitStrides, type Window } from './window.ts'

/**
 * Winograd's minimal filtering F(4×4, 3×3) (Lavin & Gray 2016, arXiv:1509.09308) in plain ONNX operators on images
 * [H, W, N, C] in memory: 6×6 tiles that overlap by two are gathered, transformed on both sides by 6×6 matrices, and
 * multiplied with the transformed filter as 36 matrix products, 36 multiplications for 16 results instead of 144.
 */
const TILE = 4
const INPUT = TILE + 2

/** Where the polynomials are evaluated, besides infinity. Small and not all integers: the rounding error is the least so. */
const points = [0, 1, -1, 1 / 2, -2]

/** Coefficients, lowest first, of the product of (x − a) over `roots`. */
const polynomial = (roots: readonly number[]): number[] =>
  roots.reduce((p, a) => Array.from({ length: p.length + 1 }, (_, i) => (p[i - 1] ?? 0) - a * (p[i] ?? 0)), [1])

/** Toom-Cook's matrices for these points: y = Aᵀ[(G g) ⊙ (Bᵀ d)] for one dimension. Exported for the test. */
export function transforms(): { At: number[][]; G: number[][]; Bt: number[][] } {
  const powers = (a: number, n: number) => Array.from({ length: n }, (_, j) => a ** j)
  const others = points.map((_, i) => points.filter((_, k) => k !== i))
  const scale = points.map((a, i) => (others[i] as number[]).reduce((n, b) => n * (a - b), 1))
  const unit = (n: number) => Array.from({ length: n }, (_, j) => (j === n - 1 ? 1 : 0))
  const G = [...points.map((a, i) => powers(a, 3).map((x) => x / (scale[i] as number))), unit(3)]
  const A = [...points.map((a) => powers(a, TILE)), unit(TILE)]
  const Bt = [...others.map((roots) => [...polynomial(roots), 0]), polynomial(points)]
  return { At: transposeOf(A), G, Bt }
}

const transposeOf = (m: number[][]) => (m[0] as number[]).map((_, j) => m.map((row) => row[j] as number))

const { At, G, Bt } = transforms()

const matrix = (l: Lowering, rows: number[][]) => l.floats(rows.flat(), [rows.length, (rows[0] as number[]).length])

/** Whether a convolution is one that F(4×4, 3×3) computes, and has channels enough for it to pay. */
export const isWinograd = (l: Lowering, w: Window): boolean =>
  l.target.convolution === 'winograd' &&
  w.size[0] === 3 &&
  w.size[1] === 3 &&
  unitStrides(w) &&
  Math.min(w.outHeight, w.outWidth) >= TILE &&
  Math.min(w.inChannels, w.outChannels) >= 16

const tileCounts = (w: Window) => [Math.ceil(w.outHeight / TILE), Math.ceil(w.outWidth / TILE)] as const

/** V = Bᵀ d B for every tile of an image: [36, tiles, C]. */
function tiles(l: Lowering, x: Physical, w: Window): Physical {
  const [high, wide] = tileCounts(w)
  const [top, left] = w.pads
  const height = high * TILE + 2
  const width = wide * TILE + 2
  const { n, inChannels: c } = w
  const padded = padImage(l, x, [top, left, height - w.height - top, width - w.width - left])
  const index = (count: number) =>
    l.ints(
      Array.from({ length: INPUT * count }, (_, i) => TILE * (i % count) + Math.floor(i / count)),
      [INPUT, count],
    )
  const Bm = matrix(l, Bt)
  const rows = l.op('Gather', [padded, index(high)], [INPUT, high, width, n, c], { axis: 0 })
  const down = l.op('MatMul', [Bm, l.reshape(rows, [INPUT, high * width * n * c])], [INPUT, high * width * n * c])
  const lines = l.reshape(down, [INPUT * high, width, n * c])
  const columns = l.op('Gather', [lines, index(wide)], [INPUT * high, INPUT, wide, n * c], { axis: 1 })
  const flat = l.reshape(columns, [INPUT * high, INPUT, wide * n * c])
  const both = l.reshape(l.op('MatMul', [Bm, flat], flat.shape), [INPUT, high, INPUT, wide * n * c])
  return l.reshape(l.transpose(both, [0, 2, 1, 3]), [INPUT * INPUT, high * wide * n, c])
}

/** U = G g Gᵀ: [36, C, K]. */
function filters(l: Lowering, filter: Physical, w: Window): Physical {
  const { inChannels: c, outChannels: k } = w
  const Gm = matrix(l, G)
  const down = l.op('MatMul', [Gm, l.reshape(filter, [3, 3 * c * k])], [INPUT, 3 * c * k])
  const both = l.op('MatMul', [Gm, l.reshape(down, [INPUT, 3, c * k])], [INPUT, INPUT, c * k])
  return l.reshape(both, [INPUT * INPUT, c, k])
}

/** Y = Aᵀ M A of every tile, put together: [outH, outW, N, K]. */
function untile(l: Lowering, m: Physical, w: Window): Physical {
  const [high, wide] = tileCounts(w)
  const { n, outChannels: k } = w
  const count = high * wide * n * k
  const Am = matrix(l, At)
  const down = l.op('MatMul', [Am, l.reshape(m, [INPUT, INPUT * count])], [TILE, INPUT * count])
  const both = l.op('MatMul', [Am, l.reshape(down, [TILE, INPUT, count])], [TILE, TILE, count])
  const spread = l.transpose(l.reshape(both, [TILE, TILE, high, wide, n * k]), [2, 0, 3, 1, 4])
  const image = l.reshape(spread, [high * TILE, wide * TILE, n, k])
  return cutImage(l, image, [0, 0], [w.outHeight, w.outWidth])
}

/** The convolution of an image [H, W, N, C] with a filter [3, 3, C, K]. */
export function winogradConvolution(l: Lowering, x: Physical, filter: Physical, w: Window): Physical {
  const V = tiles(l, x, w)
  const U = filters(l, filter, w)
  return untile(l, l.op('MatMul', [V, U], [V.shape[0] as number, V.shape[1] as number, w.outChannels]), w)
}

/** The gradient for the filter: Gᵀ (Vᵀ (A dY Aᵀ)) G, [3, 3, C, K]. V is the one of the forward pass. */
export function winogradFilterGradient(l: Lowering, x: Physical, dy: Physical, w: Window): Physical {
  const [high, wide] = tileCounts(w)
  const { n, inChannels: c, outChannels: k } = w
  const count = high * wide * n * k
  const A = matrix(l, transposeOf(At))
  const padded = padImage(l, dy, [0, 0, high * TILE - w.outHeight, wide * TILE - w.outWidth])
  const grouped = l.transpose(l.reshape(padded, [high, TILE, wide, TILE, n * k]), [1, 3, 0, 2, 4])
  const down = l.op('MatMul', [A, l.reshape(grouped, [TILE, TILE * count])], [INPUT, TILE * count])
  const both = l.op('MatMul', [A, l.reshape(down, [INPUT, TILE, count])], [INPUT, INPUT, count])
  const dM = l.reshape(both, [INPUT * INPUT, high * wide * n, k])
  const dU = matMul(l, tiles(l, x, w), dM, { transposeA: true })
  const Gt = matrix(l, transposeOf(G))
  const left = l.op('MatMul', [Gt, l.reshape(dU, [INPUT, INPUT * c * k])], [3, INPUT * c * k])
  const right = l.op('MatMul', [Gt, l.reshape(left, [3, INPUT, c * k])], [3, 3, c * k])
  return l.reshape(right, [3, 3, c, k])
}
