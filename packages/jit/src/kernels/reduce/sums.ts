import { sizeOf } from '@cascade-diffusion/arrays'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import type { Direction } from './cumulative.ts'

/**
 * If more numbers than this are added up for one result, blocks of them are added up first, and then the sums of
 * blocks, in the same way. Engines add up in one pass of float32, or in a few side by side, with an error that grows
 * with the count: the mean of 2²⁰ numbers 0.1 came out as 0.0999. The error of sums of blocks grows with the logarithm
 * of the count (Higham 2002, 4.2).
 */
const MANY = 1024

/** With fewer numbers in all, one operator adds up: a second one would take longer than the sum itself. */
const SMALL = 4096

/** The most sums of blocks that are added up in one pass. */
const FEW = 512

/** The fewest and the most numbers in a block. */
const [SHORTEST, LONGEST] = [16, 256]

/**
 * A length on which decisions are made. `typical` is the same at all sizes at which a model for any batch size is
 * lowered. `divides` divides the length at any size.
 */
function rated(l: Lowering, length: number): { typical: number; divides: number } {
  if (!l.lengths) return { typical: length, divides: length }
  const { batch, seen } = l.lengths
  seen.push(length)
  return length % batch === 0
    ? { typical: (length / batch) * 64, divides: length / batch }
    : { typical: length, divides: length }
}

/** A length that decides between operators: the same for all three models, if the model is for any batch size. */
export const typicalLength = (l: Lowering, length: number): number => rated(l, length).typical

/** Whether to add up `count` numbers for each result, out of `size` in all, in blocks. */
const isLong = (l: Lowering, count: number, size: number): boolean =>
  rated(l, count).typical > MANY && rated(l, size).typical >= SMALL && (l.lengths?.cut ?? true)

/**
 * The length of blocks: a divisor of the axis's length near its square root, if there is one; else, if the length is
 * known, one to which the axis is filled up. Undefined if there is none.
 */
function blockLength(l: Lowering, length: number): number | undefined {
  const { typical, divides } = rated(l, length)
  const aim = Math.min(LONGEST, Math.sqrt(typical))
  const off = (block: number) => Math.abs(Math.log(block / aim))
  const blocks = Array.from({ length: LONGEST - SHORTEST + 1 }, (_, i) => SHORTEST + i)
  const fitting = blocks.filter((block) => divides % block === 0)
  if (fitting.length === 0) return l.lengths ? undefined : Math.ceil(aim)
  return fitting.reduce((best, block) => (off(block) < off(best) ? block : best))
}

/** Puts zeros at the end of an axis until blocks of this length fill it. */
function filled(l: Lowering, x: Physical, place: number, block: number): Physical {
  const length = x.shape[place] as number
  const missing = Math.ceil(length / block) * block - length
  if (missing === 0) return x
  const pads = [...x.shape.map(() => 0), ...x.shape.map((_, i) => (i === place ? missing : 0))]
  return l.op('Pad', [x, l.ints(pads)], x.shape.with(place, length + missing))
}

/**
 * Sums over the outermost axes in memory, which have `outer` rows, as products with rows of ones. ONNX Runtime's
 * reductions of outer axes are several times slower.
 * @returns [1, numbers in a row], times a factor.
 */
export function sumOuter(l: Lowering, x: Physical, outer: number, factor = 1): Physical {
  const inner = sizeOf(x.shape) / outer
  const rows = l.reshape(x, [outer, inner])
  return isLong(l, outer, outer * inner) ? longOuter(l, rows, factor) : product(l, rows, factor)
}

function product(l: Lowering, x: Physical, factor: number): Physical {
  const [outer, inner] = x.shape as [number, number]
  return l.op('MatMul', [l.floats(new Float32Array(outer).fill(factor), [1, outer]), x], [1, inner])
}

function longOuter(l: Lowering, x: Physical, factor: number): Physical {
  const [outer, inner] = x.shape as [number, number]
  const block = rated(l, outer).typical > FEW ? blockLength(l, outer) : undefined
  if (block === undefined) return product(l, x, factor)
  const whole = filled(l, x, 0, block)
  const blocks = (whole.shape[0] as number) / block
  const ones = l.floats(new Float32Array(block).fill(1), [1, block])
  const sums = l.op('MatMul', [ones, l.reshape(whole, [blocks, block, inner])], [blocks, 1, inner])
  return longOuter(l, l.reshape(sums, [blocks, inner]), factor)
}

/**
 * The shape with neighbouring axes merged that are both summed over, or both not, and whether each of the new axes is.
 */
function runsOf(shape: readonly number[], places: readonly number[]) {
  const runs: { length: number; summed: boolean }[] = []
  shape.forEach((length, place) => {
    if (length === 1) return
    const summed = places.includes(place)
    const last = runs.at(-1)
    if (last?.summed === summed) last.length *= length
    else runs.push({ length, summed })
  })
  return runs
}

/**
 * Sums or means over any axes in memory that hold many numbers, of float32.
 * @returns the result, without axes of length 1 and with neighbours merged; undefined if there are few numbers, for
 * which one operator will do.
 */
export function sumLong(
  l: Lowering,
  x: Physical,
  places: readonly number[],
  opType: 'ReduceSum' | 'ReduceMean',
): Physical | undefined {
  const runs = runsOf(x.shape, places)
  const summed = runs.flatMap((run, place) => (run.summed ? [place] : []))
  const size = sizeOf(x.shape)
  const total = (of: Physical) => summed.reduce((n, place) => n * (of.shape[place] as number), 1)
  if (!isLong(l, total({ ...x, shape: runs.map(({ length }) => length) }), size)) return undefined
  let rest = l.reshape(
    x,
    runs.map(({ length }) => length),
  )
  // A mean of a block that was filled up would count its zeros.
  let scale = 1
  while (rated(l, total(rest)).typical > FEW) {
    const cut = longestRun(l, rest, summed)
    if (!cut) break
    const [place, block] = cut
    const whole = filled(l, rest, place, block)
    const length = whole.shape[place] as number
    scale *= length / (rest.shape[place] as number)
    const split = whole.shape.toSpliced(place, 1, length / block, block)
    const shape = whole.shape.with(place, length / block)
    rest = l.op(opType, [l.reshape(whole, split), l.ints([place + 1])], shape, { keepdims: 0 })
  }
  const left = rest.shape.filter((_, place) => !summed.includes(place))
  const result = l.op(opType, [rest, l.ints(summed)], left, { keepdims: 0 })
  return opType === 'ReduceMean' && scale !== 1 ? l.op('Mul', [result, l.scalar(scale)], left) : result
}

/** The longest axis that can be cut into blocks, and the length of these. A short axis is one block. */
function longestRun(l: Lowering, x: Physical, summed: readonly number[]): [place: number, block: number] | undefined {
  const sizes = summed.map((place) => ({ place, length: x.shape[place] as number }))
  const ratedSizes = sizes.map((run) => ({ ...run, typical: rated(l, run.length).typical }))
  for (const { place, length, typical } of ratedSizes.sort((a, b) => b.typical - a.typical)) {
    const block = typical <= LONGEST && typical > 1 ? length : blockLength(l, length)
    if (block !== undefined) return [place, block]
  }
  return undefined
}

/**
 * Running sums along an axis: within blocks, plus the sums of the blocks before.
 * @param direction without each number itself, or from the end.
 */
export function cumulativeSum(l: Lowering, x: Physical, axis: number, direction: Direction): Physical {
  const long = isLong(l, x.shape[axis] as number, sizeOf(x.shape))
  return long ? longCumulative(l, x, axis, direction) : running(l, x, axis, direction)
}

const running = (l: Lowering, x: Physical, axis: number, { exclusive, reverse }: Direction): Physical =>
  l.op('CumSum', [x, l.ints([axis], [])], x.shape, { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 })

function longCumulative(l: Lowering, x: Physical, axis: number, direction: Direction): Physical {
  const length = x.shape[axis] as number
  const block = rated(l, length).typical > FEW ? blockLength(l, length) : undefined
  if (block === undefined) return running(l, x, axis, direction)
  const whole = filled(l, x, axis, block)
  const blocks = (whole.shape[axis] as number) / block
  const split = l.reshape(whole, whole.shape.toSpliced(axis, 1, blocks, block))
  const sums = l.op('ReduceSum', [split, l.ints([axis + 1])], split.shape.with(axis + 1, 1), { keepdims: 1 })
  const before = longCumulative(l, sums, axis, { ...direction, exclusive: true })
  const within = running(l, split, axis + 1, direction)
  const all = l.reshape(l.op('Add', [within, before], split.shape), whole.shape)
  if (all.shape[axis] === length) return all
  return l.op('Slice', [all, l.ints([0]), l.ints([length]), l.ints([axis])], x.shape)
}

/**
 * Up to this many numbers, the sum in ONNX Runtime's `Softmax`, of some 16 running sums, is as exact as that of blocks.
 */
const LONG_ROW = 4096

/** Softmax along an axis, or its logarithm; undefined if ONNX's operator is exact enough. */
export function longSoftmax(l: Lowering, x: Physical, axis: number, logarithm: boolean): Physical | undefined {
  if (typicalLength(l, x.shape[axis] as number) <= LONG_ROW || !(l.lengths?.cut ?? true)) return undefined
  const row = x.shape.with(axis, 1)
  const greatest = l.op('ReduceMax', [x, l.ints([axis])], row, { keepdims: 1 })
  const below = l.op('Sub', [x, greatest], x.shape)
  const powers = l.op('Exp', [below], x.shape)
  const sums = sumLong(l, powers, [axis], 'ReduceSum')
  if (!sums) return undefined
  const sum = l.reshape(sums, row)
  return logarithm ? l.op('Sub', [below, l.op('Log', [sum], row)], x.shape) : l.op('Div', [powers, sum], x.shape)
}
