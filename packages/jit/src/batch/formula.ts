import { sizeOf } from '@cascade-diffusion/arrays'
import type { BatchLength, OnnxInitializer } from '../onnx/model.ts'
import { type Fit, fitNumbers, type Three } from './fit.ts'

/** A constant tensor as a function of the batch size. */
export type Formula =
  /** The same at every size. */
  | { readonly kind: 'constant' }
  /** A fixed shape, with elements that depend on the size. */
  | { readonly kind: 'elements'; readonly shape: readonly number[]; readonly fit: Fit }
  /**
   * `start + i · step` along an axis whose length depends on the size. In the view [P, M, Q], start and step are [P, 1,
   * Q].
   */
  | {
      readonly kind: 'progression'
      readonly start: Formula
      readonly step: Formula | undefined
      readonly length: BatchLength
      readonly view: readonly [number, number]
      /** The values of `start` and `step`, if they are the same at every size. */
      readonly values: { readonly start: readonly number[]; readonly step: readonly number[] }
      /** The tensor's shape, with -1 for the axis. */
      readonly shape: readonly number[]
    }
  /** One value, expanded to a shape with several axes that depend on the size. */
  | { readonly kind: 'spread'; readonly value: Formula; readonly values: readonly number[]; readonly shape: Fit }

type Tensor = Pick<OnnxInitializer, 'dtype' | 'shape' | 'data'>
type Tensors = Three<Tensor>

const isExact = (dtype: string) => dtype !== 'float32' && dtype !== 'float64'

const numbersOf = ({ data }: Tensor): ArrayLike<number> =>
  data instanceof BigInt64Array ? Array.from(data, Number) : data

const map = <A, B>([a, b, c]: Three<A>, f: (x: A, k: number) => B): Three<B> => [f(a, 0), f(b, 1), f(c, 2)]

function equal(a: Tensor, b: Tensor): boolean {
  if (a.data === b.data) return true
  if (a.data.length !== b.data.length) return false
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false
  return true
}

/**
 * Finds how a constant depends on the batch size, given its values at three sizes.
 * @returns undefined if no formula fits.
 */
export function formulaOf(tensors: Tensors, sizes: Three<number>): Formula | undefined {
  const [a, b, c] = tensors
  if (a.dtype !== b.dtype || a.dtype !== c.dtype || a.shape.length !== b.shape.length) return undefined
  const varying = a.shape.flatMap((d, i) => (d === b.shape[i] && d === c.shape[i] ? [] : [i]))
  if (varying.length === 0) {
    if (equal(a, b) && equal(a, c)) return { kind: 'constant' }
    return elements(map(tensors, numbersOf), a, sizes)
  }
  const shape = fitNumbers(
    map(tensors, (t) => t.shape),
    sizes,
    true,
  )
  if (!shape) return undefined
  if (varying.length === 1 && shape.basis.of === 'n') return progression(tensors, sizes, varying[0] as number, shape)
  const value = map(tensors, (t) => numbersOf(t)[0] as number)
  if (!tensors.every((t, k) => Array.prototype.every.call(numbersOf(t), (x) => Object.is(x, value[k]))))
    return undefined
  const one = { ...a, shape: [] }
  const formula = elements(
    map(value, (x) => [x]),
    one,
    sizes,
  )
  return formula && { kind: 'spread', value: formula, values: [value[0]], shape }
}

function elements(
  values: Three<ArrayLike<number>>,
  { dtype, shape }: Tensor,
  sizes: Three<number>,
): Formula | undefined {
  if (values.every((v) => Array.prototype.every.call(v, (x, i) => Object.is(x, values[0][i]))))
    return { kind: 'constant' }
  if (dtype === 'bool') return undefined
  const fit = fitNumbers(values, sizes, isExact(dtype))
  return fit && { kind: 'elements', shape, fit }
}

/** The ways to view an axis of length `scale · n + offset` as one part that depends on n and others that do not. */
function progression(tensors: Tensors, sizes: Three<number>, axis: number, fit: Fit): Formula | undefined {
  const { dtype, shape } = tensors[0]
  const length = { scale: fit.scales[axis] as number, offset: fit.offsets[axis] as number }
  const outer = sizeOf(shape.slice(0, axis))
  const inner = sizeOf(shape.slice(axis + 1))
  const whole = { length, view: [outer, inner] as const }
  const n = { scale: 1, offset: 0 }
  const parts = length.offset === 0 && length.scale > 1
  const views = [
    whole,
    ...(parts ? [{ length: n, view: [outer, length.scale * inner] as const }] : []),
    ...(parts ? [{ length: n, view: [outer * length.scale, inner] as const }] : []),
  ]
  for (const { length, view } of views) {
    const lines = map(tensors, (t, k) => line(numbersOf(t), view, length.scale * (sizes[k] as number) + length.offset))
    if (!lines.every((x) => x !== undefined)) continue
    const [starts, steps] = [map(lines, (x) => x!.start), map(lines, (x) => x!.step)]
    const part = { ...tensors[0], shape: [view[0], 1, view[1]] }
    const start = elements(starts, part, sizes)
    const still = steps.every((step) => step.every((x) => x === 0))
    const step = still ? undefined : elements(steps, part, sizes)
    if (!start || !(still || (step && dtype !== 'bool'))) continue
    const values = { start: starts[0], step: steps[0] }
    return { kind: 'progression', start, step, length, view, values, shape: shape.with(axis, -1) }
  }
  return undefined
}

/** The first elements and the steps along the middle one of axes [P, M, Q], if all steps are equal. */
function line(
  data: ArrayLike<number>,
  [outer, inner]: readonly [number, number],
  count: number,
): { start: number[]; step: number[] } | undefined {
  const start: number[] = []
  const step: number[] = []
  for (let p = 0; p < outer; p++)
    for (let q = 0; q < inner; q++) {
      const at = (i: number) => data[(p * count + i) * inner + q] as number
      const first = at(0)
      const by = at(1) - first
      for (let i = 1; i < count; i++) if (Math.abs(first + i * by - at(i)) > 1e-6 * Math.abs(at(i))) return undefined
      start.push(first)
      step.push(by)
    }
  return { start, step }
}
