import type { DType } from '@cascade-diffusion/arrays'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import type { Kernels } from '../kernel.ts'
import { cumulative } from './cumulative.ts'

/** Shifts all elements along an axis by `by` places, or back, and fills with ones. */
function shifted(l: Lowering, x: Physical, axis: number, by: number, back: boolean, dtype: DType): Physical {
  const n = x.shape[axis] as number
  const shape = x.shape.with(axis, n - by)
  const [from, to] = back ? [by, n] : [0, n - by]
  const kept = l.op('Slice', [x, l.ints([from]), l.ints([to]), l.ints([axis])], shape)
  const sides = [0, 1].flatMap((side) => x.shape.map((_, i) => (i === axis && side === (back ? 1 : 0) ? by : 0)))
  return l.op('Pad', [kept, l.ints(sides), l.scalar(1, dtype)], x.shape)
}

/** Running products, since ONNX has running sums only. After k steps the products of 2ᵏ neighbours are known. */
export const cumprodKernels: Kernels = {
  Cumprod: cumulative((l, x, axis, { exclusive, reverse }, dtype) => {
    let y = exclusive ? shifted(l, x, axis, 1, reverse, dtype) : x
    for (let by = 1; by < (x.shape[axis] as number); by *= 2)
      y = l.op('Mul', [y, shifted(l, y, axis, by, reverse, dtype)], y.shape)
    return y
  }),
}
