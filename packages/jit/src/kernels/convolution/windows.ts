import { CascadeError } from '@cascade-diffusion/checks'
import { type backend_util, util } from '@tensorflow/tfjs-core'
import type { Lowering, Physical } from '../../lower/lowering.ts'

/**
 * Windows that move along the outermost axes of a tensor in memory: the rows and columns of images [H, W, N, C], or the
 * planes, rows and columns of volumes [D, H, W, N, C]. One number for each of those axes.
 */
export interface Windows {
  readonly input: readonly number[]
  readonly output: readonly number[]
  readonly size: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /**
   * How far the windows reach beyond the input; negative if they leave some of it out, as those of volumes can in tfjs.
   */
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/**
 * The sizes along each axis as tfjs computes them, and what its windows leave over; with a stride or more, another
 * would fit.
 */
export function axesFrom(info: backend_util.Conv2DInfo | backend_util.Conv3DInfo): Axis[] {
  const { padInfo } = info
  const axes = [
    axis(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, info.dilationHeight, padInfo, 'top'),
    axis(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, info.dilationWidth, padInfo, 'left'),
  ]
  if ('inDepth' in info)
    axes.unshift(
      axis(info.inDepth, info.outDepth, info.filterDepth, info.strideDepth, info.dilationDepth, info.padInfo, 'front'),
    )
  return axes
}

/**
 * The sizes as tfjs computes them.
 * @throws if more windows fit than tfjs has: if padding is a number, it computes the width with the height.
 */
export function windowsFrom(info: backend_util.Conv2DInfo | backend_util.Conv3DInfo): Windows {
  const axes = axesFrom(info)
  const all = <K extends keyof Axis>(key: K) => axes.map((a) => a[key])
  const w = {
    input: all('input'),
    output: all('output'),
    size: all('size'),
    strides: all('stride'),
    dilations: all('dilation'),
    before: all('before'),
    after: all('after'),
  }
  if (axes.some(({ left, stride }) => left >= stride))
    throw new CascadeError(
      'input',
      `expected ${w.output.join('×')} windows to fill the padded input, ${all('left').join('×')} are left`,
    )
  return w
}

export type Axis = ReturnType<typeof axis>
type Pads = Readonly<Record<string, unknown>>

const opposite = { top: 'bottom', left: 'right', front: 'back' } as const

function axis(
  input: number,
  output: number,
  size: number,
  stride: number,
  dilation: number,
  pads: object,
  side: keyof typeof opposite,
) {
  const given = pads as Pads
  const before = given[side] as number
  const reach = (output - 1) * stride + (size - 1) * dilation + 1
  // With `dimRoundingMode` 'ceil', windows reach further than tfjs says.
  const after = Math.max(given[opposite[side]] as number, reach - input - before)
  return { input, output, size, stride, dilation, before, after, left: input + before + after - reach }
}

/** The windows on the part of the input that they reach, and how much of it they leave out at either end. */
export function trim(w: Windows): { windows: Windows; before: number[]; after: number[] } {
  const [before, after] = [w.before, w.after].map((pads) => pads.map((p) => Math.max(0, -p))) as [number[], number[]]
  const input = w.input.map((n, i) => n - (before[i] as number) - (after[i] as number))
  const positive = (pads: readonly number[]) => pads.map((p) => Math.max(0, p))
  return { windows: { ...w, input, before: positive(w.before), after: positive(w.after) }, before, after }
}

const negative = (numbers: readonly number[]) => numbers.map((n) => (n === 0 ? 0 : -n))

/** The part of a tensor [...input, ...rest] that {@link trim} keeps. */
export const cutOff = (l: Lowering, x: Physical, before: readonly number[], after: readonly number[]): Physical =>
  padOuter(l, x, negative(before), negative(after))

/** The sizes of the axes that windows do not move along. */
const rest = (x: Physical, w: Windows) => x.shape.slice(w.input.length)

const zeros = (n: number): number[] => Array(n).fill(0)

/** Puts `value` around the outermost axes; negative lengths cut off. */
export function padOuter(
  l: Lowering,
  x: Physical,
  before: readonly number[],
  after: readonly number[],
  value = 0,
): Physical {
  if ([...before, ...after].every((p) => p === 0)) return x
  const inner = zeros(x.shape.length - before.length)
  const shape = x.shape.map((d, i) => d + (before[i] ?? 0) + (after[i] ?? 0))
  return l.op('Pad', [x, l.ints([...before, ...inner, ...after, ...inner]), l.scalar(value)], shape)
}

/** Cuts `length` elements, `strides` apart, from `start` on along each of the outermost axes. */
export function cutOuter(
  l: Lowering,
  x: Physical,
  start: readonly number[],
  length: readonly number[],
  strides: readonly number[],
): Physical {
  if (start.every((s, i) => s === 0 && length[i] === x.shape[i])) return x
  const end = start.map((s, i) => s + ((length[i] as number) - 1) * (strides[i] as number) + 1)
  const shape = [...length, ...x.shape.slice(length.length)]
  return l.op('Slice', [x, l.ints(start), l.ints(end), l.ints(start.map((_, i) => i)), l.ints(strides)], shape)
}

/** All places of a grid, the last axis fastest. */
export const places = (sizes: readonly number[]): number[][] =>
  sizes.reduce<number[][]>((all, n) => all.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])), [[]])

/** The offsets of the elements of a window. */
const offsets = (w: Windows) => places(w.size).map((tap) => tap.map((t, i) => t * (w.dilations[i] as number)))

/**
 * The part of the input under each element of the windows, in the order of `places(w.size)`: each [...output, ...rest].
 * Beyond the input lies `value`.
 */
export function taps(l: Lowering, x: Physical, w: Windows, value = 0): Physical[] {
  const padded = padOuter(l, x, w.before, w.after, value)
  return offsets(w).map((offset) => cutOuter(l, padded, offset, w.output, w.strides))
}

/**
 * The adjoint of {@link taps}: adds each part [...output, ...rest] where its element of the windows lies: [...input,
 * ...rest].
 */
export function untap(l: Lowering, parts: readonly Physical[], w: Windows): Physical {
  const first = parts[0] as Physical
  const inner = rest(first, w)
  // An offset is a number of strides and a phase within a stride. The parts of each phase are added before phases are
  // interleaved.
  const whole = (offset: readonly number[]) => offset.map((o, i) => Math.floor(o / (w.strides[i] as number)))
  const reach = whole(w.size.map((n, i) => (n - 1) * (w.dilations[i] as number)))
  const grid = w.output.map((n, i) => n + (reach[i] as number))
  const phases = places(w.strides).map((phase) => {
    const summands = offsets(w).flatMap((offset, tap) => {
      if (offset.some((o, i) => o % (w.strides[i] as number) !== phase[i])) return []
      const before = whole(offset)
      const after = before.map((b, i) => (reach[i] as number) - b)
      return [padOuter(l, parts[tap] as Physical, before, after)]
    })
    const shape = [...grid, ...inner]
    return summands.length > 0 ? sum(l, summands) : l.op('Expand', [l.scalar(0), l.ints(shape)], shape)
  })
  const all = interleave(l, phases, w.strides)
  const ends = w.input.map((n, i) => (w.before[i] as number) + n - (all.shape[i] as number))
  return padOuter(l, all, negative(w.before), ends)
}

/** Interleaves tensors of one shape: element i of axis k comes from tensor i mod `strides[k]`. */
function interleave(l: Lowering, phases: readonly Physical[], strides: readonly number[]): Physical {
  const { shape } = phases[0] as Physical
  const grid = shape.slice(0, strides.length)
  const inner = util.sizeFromShape(shape.slice(strides.length) as number[])
  let parts = phases.map((part) => l.reshape(part, [...grid.flatMap((n) => [n, 1]), inner]))
  for (let k = strides.length - 1; k >= 0; k--) {
    const n = strides[k] as number
    parts = Array.from({ length: parts.length / n }, (_, i) => {
      const group = parts.slice(i * n, (i + 1) * n)
      const axis = 2 * k + 1
      return n === 1
        ? (group[0] as Physical)
        : l.op('Concat', group, (group[0] as Physical).shape.with(axis, n), { axis })
    })
  }
  const joined = grid.map((n, i) => n * (strides[i] as number))
  return l.reshape(parts[0] as Physical, [...joined, ...shape.slice(strides.length)])
}

/** The windows as one step for each axis: a separable operation costs less that way. */
const steps = (w: Windows): Windows[] =>
  w.input.map((_, k) => {
    const only = (numbers: readonly number[], idle: (i: number) => number) =>
      numbers.map((n, i) => (i === k ? n : idle(i)))
    const length = (i: number) => (i < k ? w.output : w.input)[i] as number
    return {
      input: only(w.input, length),
      output: only(w.output, length),
      size: only(w.size, () => 1),
      strides: only(w.strides, () => 1),
      dilations: only(w.dilations, () => 1),
      before: only(w.before, () => 0),
      after: only(w.after, () => 0),
    }
  })

const sum = (l: Lowering, parts: readonly Physical[]): Physical =>
  parts.length > 1 ? l.op('Sum', parts, (parts[0] as Physical).shape) : (parts[0] as Physical)

/** The sum over each window: [...output, ...rest]. */
export const sumWindows = (l: Lowering, x: Physical, w: Windows): Physical =>
  steps(w).reduce((y, step) => sum(l, taps(l, y, step)), x)

/** The adjoint of {@link sumWindows}. */
export const spreadWindows = (l: Lowering, dy: Physical, w: Windows): Physical =>
  steps(w).reduceRight((y, step) => untap(l, Array(util.sizeFromShape(step.size as number[])).fill(y), step), dy)

/** Gives `dy` to the first candidate that equals the greatest, and 0 to the others. All have one shape. */
export function toFirst(l: Lowering, candidates: readonly Physical[], greatest: Physical, dy: Physical): Physical[] {
  const zero = l.scalar(0)
  let left = dy
  return candidates.map((candidate) => {
    const hit = l.op('Equal', [candidate, greatest], dy.shape)
    const share = l.op('Where', [hit, left, zero], dy.shape)
    left = l.op('Where', [hit, zero, left], dy.shape)
    return share
  })
}
