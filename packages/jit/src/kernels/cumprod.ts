import type { DType } from '@cascade-diffusion/arrays'
import type { TensorType } from '../graph/graph.ts'
import type { Lowering, Physical } from '../lower/lowering.ts'
import { axesOf, first, type Kernels } from './kernel.ts'

/** Moves all elements `by` places on along an axis, or back; ones follow. */
function shifted(l: Lowering, x: Physical, axis: number, by: number, back: boolean, dtype: DType): Physical {
  const n = x.shape[axis] as number
  const shape = x.shape.with(axis, n - by)
  const [from, to] = back ? [by, n] : [0, n - by]
  const kept = l.op('Slice', [x, l.ints([from]), l.ints([to]), l.ints([axis])], shape)
  const sides = [0, 1].flatMap((side) => x.shape.map((_, i) => (i === axis && side === (back ? 1 : 0) ? by : 0)))
  return l.op('Pad', [kept, l.ints(sides), l.scalar(1, dtype)], x.shape)
}

/** Products of all elements up to each: ONNX only has sums. After k steps the products of 2ᵏ neighbours are known. */
export const cumprodKernels: Kernels = {
  Cumprod: {
    inputs: ['x'],
    attributes: (given, [x]) => ({
      axis: axesOf(given.axis ?? 0, (x as TensorType).shape.length)[0],
      exclusive: given.exclusive ?? false,
      reverse: given.reverse ?? false,
    }),
    infer: ([x]) => {
      const { shape, dtype } = x as TensorType
      return [{ shape, dtype: dtype === 'bool' ? 'int32' : dtype }]
    },
    lower: (l, node) => {
      const { axis, exclusive, reverse } = node.attributes as { axis: number; exclusive: boolean; reverse: boolean }
      const x = first(node.inputs)
      const out = first(node.outputs)
      const placed = l.placed(x)
      const { layout } = placed
      const at = layout.indexOf(axis)
      const lies = l.cast(placed, x.dtype, out.dtype)
      let y: Physical = exclusive ? shifted(l, lies, at, 1, reverse, out.dtype) : lies
      for (let by = 1; by < (x.shape[axis] as number); by *= 2)
        y = l.op('Mul', [y, shifted(l, y, at, by, reverse, out.dtype)], y.shape)
      l.set(out, y, layout)
    },
  },
}
