import { sizeOf } from '@cascade-diffusion/arrays'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { parts } from '../../lower/parts.ts'
import { matMul } from '../linear/matmul.ts'
import { unitStrides, type Window, withZeros } from './window.ts'

/**
 * Winograd's minimal filtering F(4×4, 3×3) (Lavin & Gray 2016, arXiv:1509.09308) in plain ONNX operators on images
 * [H, W, N, C] in memory: 6×6 tiles that overlap by two are gathered, transformed on both sides by 6×6 matrices, and
 * multiplied with the transformed filter as 36 matrix products, 36 multiplications for 16 results instead of 144.
 */
const TILE = 4
const INPUT = TILE + 2

/**
 * The points at which the polynomials are evaluated, besides infinity. Small points, not all of them integers, have the
 * least rounding error.
 */
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

const reversed = (m: number[][]) => m.map((row) => [...row].reverse())

/** The Kronecker product of a matrix with itself, which applies it to the rows and columns of a tile at once. */
const twice = (m: number[][]): number[][] =>
  m.flatMap((row) => m.map((other) => row.flatMap((a) => other.map((b) => a * b))))

const { At, G, Bt } = transforms()
/** The transforms. A filter turned by 180° has its taps in reverse. */
const matrices = {
  Aᵀ: twice(At),
  A: twice(transposeOf(At)),
  Bᵀ: twice(Bt),
  G: twice(G),
  turnedG: reversed(twice(G)),
  turnedGᵀ: transposeOf(reversed(twice(G))),
}

/** Applies a matrix to the rows and columns of tiles, which lie outermost in memory. */
function apply(l: Lowering, name: keyof typeof matrices, x: Physical): Physical {
  const matrix = matrices[name]
  const [rows, columns] = [matrix.length, (matrix[0] as number[]).length]
  const inner = sizeOf(x.shape) / columns
  const constant = l.shared(`winograd ${name}`, () => l.floats(matrix.flat(), [rows, columns]))
  return l.op('MatMul', [constant, l.reshape(x, [columns, inner])], [rows, inner])
}

/**
 * The fewest pixels that pay: a transformed filter is four times as large, and for fewer pixels reading it takes longer
 * than it saves.
 */
const FEWEST_PIXELS = 100

/** Whether F(4×4, 3×3) computes a convolution, and there are enough channels for it to pay. */
export const isWinograd = (l: Lowering, w: Window): boolean =>
  l.target.convolution === 'winograd' &&
  w.size[0] === 3 &&
  w.size[1] === 3 &&
  unitStrides(w) &&
  Math.min(w.outHeight, w.outWidth) >= TILE &&
  w.n * w.outHeight * w.outWidth >= FEWEST_PIXELS &&
  w.pads.every((p) => p >= 0) &&
  Math.min(w.inChannels, w.outChannels) >= 16

/** A rectangle of tiles: its first row and column, and how many there are. */
interface Block {
  readonly row: number
  readonly column: number
  readonly high: number
  readonly wide: number
}

/** The blocks of an image, row by row: whole rows of tiles if they are small enough. */
function blocks(
  { target: { blockSize, blockFilters } }: Lowering,
  { n, inChannels: c, outChannels: k, ...w }: Window,
): Block[][] {
  const [high, wide] = [Math.ceil(w.outHeight / TILE), Math.ceil(w.outWidth / TILE)]
  const tiles = Math.max(blockSize / (INPUT * INPUT), blockFilters * c * k) / (n * (c + k))
  const columns = parts(wide, tiles)
  return parts(high, tiles / wide).map((rows) =>
    columns.map((c) => ({ row: rows.start, column: c.start, high: rows.length, wide: c.length })),
  )
}

/**
 * Tiles of `size`×`size` pixels, four apart, of a block of an image, which is padded by zeros: [size², tiles, N·C]. All
 * pixels beyond the image are one pixel of zeros, which takes half the time of padding the image.
 */
function cut(l: Lowering, x: Physical, [top, left]: readonly number[], block: Block, size: number): Physical {
  const { high, wide } = block
  const [height, width, n, c] = x.shape as [number, number, number, number]
  const [count, inner] = [height * width, n * c]
  const shape = [size * size, high * wide]
  const firstY = TILE * block.row - (top as number)
  const firstX = TILE * block.column - (left as number)
  const place = (i: number) => {
    const [tile, within] = [i % (high * wide), Math.floor(i / (high * wide))]
    const y = firstY + TILE * Math.floor(tile / wide) + Math.floor(within / size)
    const x = firstX + TILE * (tile % wide) + (within % size)
    return y < 0 || y >= height || x < 0 || x >= width ? count : y * width + x
  }
  const index = l.shared(`tiles ${[size, height, width, firstY, firstX, high, wide]}`, () =>
    l.ints(
      Array.from({ length: sizeOf(shape) }, (_, i) => place(i)),
      shape,
    ),
  )
  const reach = (tiles: number) => TILE * (tiles - 1) + size
  const inside = firstY >= 0 && firstX >= 0 && firstY + reach(high) <= height && firstX + reach(wide) <= width
  const pixels = inside ? l.reshape(x, [count, inner]) : withZeros(l, x)
  return l.op('Gather', [pixels, index], [...shape, inner], { axis: 0 })
}

/** V = Bᵀ d B for every tile of a block, where tiles overlap by two: [36, tiles, C]. */
function overlapping(l: Lowering, x: Physical, w: Window, block: Block): Physical {
  const V = apply(l, 'Bᵀ', cut(l, x, w.pads, block, INPUT))
  return l.reshape(V, [INPUT * INPUT, block.high * block.wide * w.n, w.inChannels])
}

/** A dY Aᵀ for every tile of a block of a result, where tiles are side by side: [36, tiles, K]. */
function adjoining(l: Lowering, y: Physical, w: Window, block: Block): Physical {
  const dM = apply(l, 'A', cut(l, y, [0, 0], block, TILE))
  return l.reshape(dM, [INPUT * INPUT, block.high * block.wide * w.n, w.outChannels])
}

/** Y = Aᵀ M A of every tile of a block, put together and cut to the image: [rows, columns, N·K]. */
function untile(l: Lowering, Y: Physical, w: Window, block: Block): Physical {
  const rows = Math.min(TILE * block.high, w.outHeight - TILE * block.row)
  const columns = Math.min(TILE * block.wide, w.outWidth - TILE * block.column)
  const tiles = block.high * block.wide
  const place = (y: number, x: number) =>
    ((y % TILE) * TILE + (x % TILE)) * tiles + Math.floor(y / TILE) * block.wide + Math.floor(x / TILE)
  const index = l.shared(`pixels ${[rows, columns, block.wide]}`, () =>
    l.ints(
      Array.from({ length: rows * columns }, (_, i) => place(Math.floor(i / columns), i % columns)),
      [rows, columns],
    ),
  )
  const inner = w.n * w.outChannels
  const results = l.reshape(Y, [TILE * TILE * tiles, inner])
  return l.op('Gather', [results, index], [rows, columns, inner], { axis: 0 })
}

/** Puts images together along an axis. */
function join(l: Lowering, images: readonly Physical[], axis: 0 | 1): Physical {
  const [first] = images as [Physical]
  if (images.length === 1) return first
  const length = images.reduce((sum, image) => sum + (image.shape[axis] as number), 0)
  return l.op('Concat', images, first.shape.with(axis, length), { axis })
}

/** A transformed filter, and its role in the products. */
interface Filter {
  /** [36, C, K], or [36, K, C] if it is `transposed`. */
  readonly U: Physical
  readonly transposed: boolean
  /** Whether it is their first operand; only if it is transposed. */
  readonly first: boolean
}

/**
 * Whether the filter is the first operand of products. Products copy their second operand into the order in which they
 * read it. For blocks with few pixels per channel this saves up to half of the time, more than transposing the results
 * takes.
 */
function filterFirst(l: Lowering, w: Window): boolean {
  const [[{ high, wide }]] = blocks(l, w) as [[Block]]
  return high * wide * w.n <= l.target.fewPixels * w.inChannels
}

/** Y = Aᵀ (V U) A of every tile of a block: [16, tiles, K]. */
function multiply(l: Lowering, V: Physical, { U, transposed, first }: Filter): Physical {
  if (!first) return apply(l, 'Aᵀ', matMul(l, V, U, { transposeB: transposed }))
  const [pixels, k] = [V.shape[1] as number, U.shape[1] as number]
  const Y = apply(l, 'Aᵀ', matMul(l, U, V, { transposeB: true }))
  return l.transpose(l.reshape(Y, [TILE * TILE, k, pixels]), [0, 2, 1])
}

/**
 * A convolution of an image. Each block is transformed, multiplied with the transformed filter, and transformed back.
 */
function inBlocks(l: Lowering, x: Physical, filter: Filter, w: Window, bias?: Physical): Physical {
  const { n, outChannels: k } = w
  const each = bias && l.reshape(l.op('Expand', [bias, l.ints([n, k])], [n, k]), [n * k])
  const convolved = (block: Block) => {
    const y = untile(l, multiply(l, overlapping(l, x, w, block), filter), w, block)
    return each ? l.op('Add', [y, each], y.shape) : y
  }
  const rows = blocks(l, w).map((row) => join(l, row.map(convolved), 1))
  return l.reshape(join(l, rows, 0), [w.outHeight, w.outWidth, n, k])
}

/** The convolution of an image [H, W, N, C] with a filter [3, 3, C, K], and a bias [K] if there is one. */
export function winogradConvolution(l: Lowering, x: Physical, filter: Physical, w: Window, bias?: Physical): Physical {
  const { inChannels: c, outChannels: k } = w
  const first = filterFirst(l, w)
  const U = apply(l, 'G', first ? l.transpose(filter, [0, 1, 3, 2]) : filter)
  const shape = [INPUT * INPUT, ...(first ? [k, c] : [c, k])]
  return inBlocks(l, x, { U: l.reshape(U, shape), transposed: first, first }, w, bias)
}

/**
 * The gradient for the input: a convolution of dY, with the window `back`, with the turned filter, its channels
 * swapped.
 */
export function winogradInputGradient(l: Lowering, dy: Physical, filter: Physical, back: Window): Physical {
  const U = l.reshape(apply(l, 'turnedG', filter), [INPUT * INPUT, back.outChannels, back.inChannels])
  return inBlocks(l, dy, { U, transposed: true, first: filterFirst(l, back) }, back)
}

/**
 * The gradient for the filter [3, 3, C, K]: that of the convolution of dY, with the window `back`, turned. It takes the
 * overlapping tiles from dY, as the gradient for the input does, and so keeps none from the forward pass.
 */
export function winogradFilterGradient(l: Lowering, x: Physical, dy: Physical, back: Window): Physical {
  const { inChannels: k, outChannels: c } = back
  const sums = blocks(l, back)
    .flat()
    .map((block) => matMul(l, adjoining(l, x, back, block), overlapping(l, dy, back, block), { transposeA: true }))
  const dU = sums.reduce((a, b) => l.op('Add', [a, b], a.shape))
  return l.reshape(apply(l, 'turnedGᵀ', dU), [3, 3, c, k])
}
