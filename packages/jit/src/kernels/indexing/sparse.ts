import { type DataOf, type DType, int32 } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { splatValue, type TensorType, type Value } from '../../graph/graph.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { composer } from '../compose.ts'
import { binaryKernels } from '../elementwise/binary.ts'
import { unaryKernels } from '../elementwise/unary.ts'
import type { Kernel, Kernels } from '../kernel.ts'
import { gatherKernels } from './gather.ts'

const composed = composer({ ...gatherKernels, ...binaryKernels, ...unaryKernels })

/** The values of a constant. */
function known(value: Value): number[] | undefined {
  const splat = splatValue(value)
  if (splat !== undefined) return Array(value.shape[0]).fill(splat)
  return value.node?.op === 'Constant' ? Array.from(value.node.attributes.data as DataOf[DType]) : undefined
}

/** Sums or means of the rows of `data` by segment. The last id determines the number of results. */
const segments = (mean: boolean): Kernel =>
  composed(['data', 'indices', 'segmentIds'], (run, operand, _, builder) => {
    const [data, indices, segmentIds] = ['data', 'indices', 'segmentIds'].map(operand) as [Value, Value, Value]
    const ids = known(segmentIds)
    if (!ids)
      throw new CascadeError(
        'input',
        'expected segment ids that are known while tracing, made by tf.tensor1d(values, "int32")',
      )
    const numSegments = (ids.at(-1) ?? -1) + 1
    const sums = run('UnsortedSegmentSum', [run('GatherV2', [data, indices], { axis: 0 }), segmentIds], { numSegments })
    if (!mean) return sums
    const counts = Array.from({ length: numSegments }, (_, k) => Math.max(1, ids.filter((id) => id === k).length))
    const column = [numSegments, ...data.shape.slice(1).map(() => 1)]
    const divisor = builder.constant(int32(counts).data, column, 'int32')
    return run('Cast', [run('RealDiv', [sums, run('Cast', [divisor], { dtype: sums.dtype })])], { dtype: data.dtype })
  })

/** int32 elements of a vector, each a scalar. */
const elements = (l: Lowering, x: Physical): Physical[] => {
  const n = x.shape[0] as number
  if (n < 2) return [l.reshape(x, [])].slice(0, n)
  return l
    .ops('Split', [x, l.ints(Array(n).fill(1))], n, { axis: 0 })
    .map((name) => l.reshape({ name, shape: [1] }, []))
}

/** The products of the lengths of all axes after each. */
function strides(l: Lowering, lengths: readonly Physical[]): Physical[] {
  let stride = l.scalar(1, 'int32')
  return lengths
    .map((_, i) => {
      const next = lengths[lengths.length - i]
      if (next) stride = l.op('Mul', [stride, next], [])
      return stride
    })
    .reverse()
}

/** Division of non-negative integers. ONNX Runtime's ends the process if the divisor is 0. */
const quotient = (l: Lowering, a: Physical, b: Physical, shape: readonly number[]) =>
  l.op('Div', [a, l.op('Max', [b, l.scalar(1, 'int32')], b.shape)], shape)

/** The places of the same elements in a sparse tensor of another shape; one of its lengths may be −1. */
const sparseReshape: Kernel = {
  inputs: ['inputIndices', 'inputShape', 'newShape'],
  returnsList: true,
  infer: ([indices, , newShape]) => {
    const [n, axes] = [(indices as TensorType).shape[0] as number, (newShape as TensorType).shape[0] as number]
    return [
      { shape: [n, axes], dtype: 'int32' },
      { shape: [axes], dtype: 'int32' },
    ]
  },
  lower: (l, node) => {
    const [indices, inputShape, newShape] = node.inputs as [Value, Value, Value]
    const [places, shape] = node.outputs as [Value, Value]
    const n = indices.shape[0] as number
    const column = [n, 1]
    const one = l.scalar(1, 'int32')
    const from = elements(l, l.at(inputShape))
    const size = from.reduce((a, b) => l.op('Mul', [a, b], []), one)
    const given = l.at(newShape)
    const unknown = l.op('Less', [given, l.scalar(0, 'int32')], given.shape)
    const settled = l.op('Where', [unknown, one, given], given.shape)
    const product = elements(l, settled).reduce((a, b) => l.op('Mul', [a, b], []), one)
    const whole = l.op('Where', [unknown, quotient(l, size, product, []), given], given.shape)
    l.set(shape, whole)

    let left = strides(l, from)
      .map((stride, axis) => {
        const operands = [l.at(indices), l.ints([axis]), l.ints([axis + 1]), l.ints([1])]
        return l.op('Mul', [l.op('Slice', operands, column), stride], column)
      })
      .reduce((a, b) => l.op('Add', [a, b], column))
    const parts = strides(l, elements(l, whole)).map((stride) => {
      const at = quotient(l, left, stride, column)
      left = l.op('Sub', [left, l.op('Mul', [at, stride], column)], column)
      return at
    })
    l.set(places, parts.length > 1 ? l.op('Concat', parts, places.shape, { axis: 1 }) : (parts[0] as Physical))
  },
}

/** Kernels of sparse tensors whose results have shapes that do not depend on values. */
export const sparseKernels: Kernels = {
  SparseSegmentSum: segments(false),
  SparseSegmentMean: segments(true),
  SparseReshape: sparseReshape,
}
