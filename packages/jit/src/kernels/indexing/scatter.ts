import { type DType, sizeOf } from '@cascade-diffusion/arrays'
import { backend_util } from '@tensorflow/tfjs-core'
import type { TensorType, Value } from '../../graph/graph.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { first, type Kernel, type Kernels } from '../kernel.ts'
import { rowNumbers, scatterRows } from './rows.ts'

/** A tensor of equal elements. */
const filled = (l: Lowering, value: number, shape: readonly number[], dtype: DType): Physical =>
  l.op('Expand', [l.scalar(value, dtype), l.ints(shape)], shape)

/** Scatters updates to the places that indices name along the leading axes of `base`, a tensor of type `dtype`. */
function scatter(l: Lowering, base: Physical, indices: Value, updates: Physical, reduction: 'none' | 'add'): Physical {
  const { shape } = base
  const { sliceRank, numUpdates, sliceSize } = backend_util.calculateShapes(
    { shape: updates.shape } as never,
    indices as never,
    shape as number[],
  )
  const numbers = rowNumbers(l, l.reshape(l.at(indices), [numUpdates, sliceRank]), shape.slice(0, sliceRank))
  // A single value may be given for all.
  const rows =
    sizeOf(updates.shape) === numUpdates * sliceSize
      ? l.reshape(updates, [numUpdates, sliceSize])
      : l.op('Expand', [updates, l.ints([numUpdates, sliceSize])], [numUpdates, sliceSize])
  const table = l.reshape(base, [sizeOf(shape.slice(0, sliceRank)), sliceSize])
  return l.reshape(scatterRows(l, table, numbers, rows, reduction), shape)
}

const sizeIn = (attributes: Readonly<Record<string, unknown>>) => attributes.size as number

/** Counts, or sums of weights, of the integers 0 … size − 1 in each row of `x`, [rows, n] in memory. */
function count(l: Lowering, x: Value, weights: Value, rows: number, size: number): Physical {
  const n = sizeOf(x.shape)
  const last = l.scalar(size, 'int32')
  const lies = l.reshape(l.at(x), [rows, n / Math.max(1, rows)])
  // Numbers that are too large or negative count for a place that is cut off.
  const inside = l.op(
    'And',
    [l.op('GreaterOrEqual', [lies, l.scalar(0, 'int32')], lies.shape), l.op('Less', [lies, last], lies.shape)],
    lies.shape,
  )
  const column = l.op('Where', [inside, lies, last], lies.shape)
  const starts = l.constant(
    Int32Array.from({ length: rows }, (_, i) => i * (size + 1)),
    [rows, 1],
    'int32',
  )
  const numbers = l.reshape(l.op('Add', [column, starts], lies.shape), [n])
  const amounts = sizeOf(weights.shape) > 0 ? l.reshape(l.at(weights), [n, 1]) : filled(l, 1, [n, 1], weights.dtype)
  const zeros = filled(l, 0, [rows * (size + 1), 1], weights.dtype)
  const sums = l.reshape(scatterRows(l, zeros, numbers, amounts, 'add'), [rows, size + 1])
  return l.op('Slice', [sums, l.ints([0]), l.ints([size]), l.ints([1])], [rows, size])
}

const bincount = (resultShape: (x: TensorType, size: number) => number[]): Kernel => ({
  inputs: ['x', 'weights'],
  attributes: (given) => ({ size: given.size, binary: given.binaryOutput ?? false }),
  infer: ([x, weights], attributes) => [
    { shape: resultShape(x as TensorType, sizeIn(attributes)), dtype: (weights as TensorType).dtype },
  ],
  lower: (l, node) => {
    const [x, weights] = node.inputs as [Value, Value]
    const out = first(node.outputs)
    const rows = out.shape.length === 2 ? (out.shape[0] as number) : 1
    const binary = node.attributes.binary as boolean
    const none: Value = { id: -1, shape: [0], dtype: weights.dtype }
    const sums = count(l, x, binary ? none : weights, rows, sizeIn(node.attributes))
    const seen = () => l.op('Greater', [sums, l.scalar(0, weights.dtype)], sums.shape)
    l.set(out, binary ? l.cast(seen(), 'bool', weights.dtype) : sums)
  },
})

/** Kernels that put elements, or sums of them, at places that tensors name. */
export const scatterKernels: Kernels = {
  ScatterNd: {
    inputs: ['indices', 'updates'],
    attributes: (given) => ({ shape: given.shape }),
    infer: ([, updates], { shape }) => [{ shape: shape as number[], dtype: (updates as TensorType).dtype }],
    lower: (l, node) => {
      const [indices, updates] = node.inputs as [Value, Value]
      const out = first(node.outputs)
      const dtype = out.dtype === 'bool' ? 'int32' : out.dtype
      const amounts = l.cast(l.at(updates), out.dtype, dtype)
      const sums = scatter(l, filled(l, 0, out.shape, dtype), indices, amounts, 'add')
      l.set(out, l.cast(sums, dtype, out.dtype))
    },
  },
  TensorScatterUpdate: {
    inputs: ['tensor', 'indices', 'updates'],
    infer: ([tensor]) => [tensor as TensorType],
    lower: (l, node) => {
      const [tensor, indices, updates] = node.inputs as [Value, Value, Value]
      l.set(first(node.outputs), scatter(l, l.at(tensor), indices, l.at(updates), 'none'))
    },
  },
  SparseToDense: {
    inputs: ['sparseIndices', 'sparseValues', 'defaultValue'],
    attributes: (given) => ({ shape: given.outputShape }),
    infer: ([, values], { shape }) => [{ shape: shape as number[], dtype: (values as TensorType).dtype }],
    lower: (l, node) => {
      const [indices, values, defaultValue] = node.inputs as [Value, Value, Value]
      const out = first(node.outputs)
      const base = l.op('Expand', [l.at(defaultValue), l.ints(out.shape)], out.shape)
      l.set(out, scatter(l, base, indices, l.at(values), 'none'))
    },
  },
  Bincount: bincount((_, size) => [size]),
  DenseBincount: bincount((x, size) => (x.shape.length === 2 ? [x.shape[0] as number, size] : [size])),
}
