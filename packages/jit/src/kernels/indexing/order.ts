import type { TensorType, Value } from '../../graph/graph.ts'
import { withNaNFirst } from '../elementwise/not-a-number.ts'
import { first, type Kernel, type Kernels } from '../kernel.ts'

/**
 * For each of `values` [B, m], the number of elements in its row of `sortedSequence` [B, n] that are below it, or not
 * above it.
 */
const search = (sideOf: (given: unknown) => unknown): Kernel => ({
  inputs: ['sortedSequence', 'values'],
  attributes: (given) => ({ side: sideOf(given.side) }),
  infer: ([, values]) => [{ shape: (values as TensorType).shape, dtype: 'int32' }],
  lower: (l, node) => {
    const [sequence, values] = node.inputs as [Value, Value]
    const out = first(node.outputs)
    const [batch, m] = values.shape as [number, number]
    const n = sequence.shape[1] as number
    const dtype = sequence.dtype === values.dtype ? values.dtype : 'float32'
    const left = l.reshape(l.cast(l.at(sequence), sequence.dtype, dtype), [batch, 1, n])
    const right = l.reshape(l.cast(l.at(values), values.dtype, dtype), [batch, m, 1])
    const below = l.op(node.attributes.side === 'left' ? 'Less' : 'LessOrEqual', [left, right], [batch, m, n])
    const ones = l.cast(below, 'bool', 'int32')
    l.set(out, l.op('ReduceSum', [ones, l.ints([2])], [batch, m], { keepdims: 0 }))
  },
})

/** Kernels of sorted rows. */
export const orderKernels: Kernels = {
  SearchSorted: search((side) => side ?? 'left'),
  LowerBound: search(() => 'left'),
  UpperBound: search(() => 'right'),
  TopK: {
    inputs: ['x'],
    returnsList: true,
    attributes: (given) => ({ k: given.k, sorted: given.sorted ?? true }),
    infer: ([x], { k }) => {
      const { shape, dtype } = x as TensorType
      const cut = shape.with(-1, k as number)
      return [
        { shape: cut, dtype },
        { shape: cut, dtype: 'int32' },
      ]
    },
    lower: (l, node) => {
      const x = first(node.inputs)
      const [values, indices] = node.outputs as [Value, Value]
      const { k, sorted } = node.attributes as { k: number; sorted: boolean }
      const dtype = x.dtype === 'bool' ? 'int32' : x.dtype
      const numbers = l.cast(l.at(x), x.dtype, dtype)
      const axis = x.shape.length - 1
      const settings = { axis, largest: 1, sorted: sorted ? 1 : 0 }
      // The place of NaN in ONNX Runtime's order depends on its version.
      const operands = [withNaNFirst(l, numbers, x, 'greatest'), l.ints([k])]
      const [greatest, places] = l.ops('TopK', operands, 2, settings) as [string, string]
      const found =
        dtype === 'float32'
          ? l.op('GatherElements', [numbers, { name: places, shape: values.shape }], values.shape, { axis })
          : { name: greatest, shape: values.shape }
      l.set(values, l.cast(found, dtype, x.dtype))
      l.set(indices, l.cast({ name: places, shape: indices.shape }, 'int64', 'int32'))
    },
  },
}
