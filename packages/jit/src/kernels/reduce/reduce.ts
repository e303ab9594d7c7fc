import { type DType, sizeOf } from '@cascade-diffusion/arrays'
import type { TensorType } from '../../graph/graph.ts'
import { physicalShape } from '../../lower/layout.ts'
import type { Physical, Rule } from '../../lower/lowering.ts'
import { byParts } from '../complex.ts'
import { keepsNaN, withNaNFirst } from '../elementwise/not-a-number.ts'
import { follows } from '../half.ts'
import { axesOf, first, type Kernel, type Kernels } from '../kernel.ts'
import { cumulative } from './cumulative.ts'
import { cumulativeSum, longSoftmax, sumLong, sumOuter } from './sums.ts'

const attributes: Kernel['attributes'] = (given, [x]) => ({
  axes: axesOf(given.axis ?? given.reductionIndices, (x as TensorType).shape.length),
  keepDims: given.keepDims ?? false,
})

const reduced = (shape: readonly number[], axes: readonly number[], keepDims: boolean) =>
  keepDims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i))

/** The types that ONNX reduces, and the type of the result, if it is not that of the operand. */
interface Numbers {
  readonly takes: readonly DType[]
  readonly yields?: DType
}

const numbers: Numbers = { takes: ['float32', 'int32'] }

/**
 * Reduces an operand in its layout. If the operator does not accept its type, it is cast to the last one that it
 * accepts.
 */
const reduceRule =
  (opType: string, { takes }: Numbers): Rule =>
  (l, node) => {
    const x = first(node.inputs)
    const out = first(node.outputs)
    const { axes, keepDims } = node.attributes as { axes: number[]; keepDims: boolean }
    const { layout } = l.placed(x)
    const dtype = takes.includes(x.dtype) ? x.dtype : (takes.at(-1) as DType)
    const lies = l.cast(l.placed(x), x.dtype, dtype)
    const rest = layout.filter((axis) => !axes.includes(axis))
    const left = keepDims ? layout : rest.map((axis) => axis - axes.filter((a) => a < axis).length)
    const shape = physicalShape(out.shape, left)
    const place = (y: Physical) => l.set(out, l.cast(l.reshape(y, shape), dtype, out.dtype), left)
    // Axes of length 1 may lie anywhere.
    const real = layout.filter((axis) => x.shape[axis] !== 1)
    const outer = real.findIndex((axis) => !axes.includes(axis))
    const isOuter = outer > 0 && real.slice(outer).every((axis) => !axes.includes(axis))
    const isSum = opType === 'ReduceSum' || opType === 'ReduceMean'
    if (isOuter && isSum && dtype === 'float32') {
      const n = sizeOf(axes.map((axis) => x.shape[axis] as number))
      return place(sumOuter(l, lies, n, opType === 'ReduceMean' ? 1 / n : 1))
    }
    const places = axes.map((axis) => layout.indexOf(axis)).sort((a, b) => a - b)
    // To ONNX, no axes mean all axes.
    if (places.length === 0) return place(lies)
    const long = isSum && dtype === 'float32' && sumLong(l, lies, places, opType)
    if (long) return place(long)
    place(l.op(opType, [lies, l.ints(places)], shape, { keepdims: keepDims ? 1 : 0 }))
  }

const reduction = (opType: string, types = numbers): Kernel => ({
  inputs: ['x'],
  attributes,
  infer: ([x], { axes, keepDims }) => {
    const { shape, dtype } = x as TensorType
    return [{ shape: reduced(shape, axes as number[], keepDims as boolean), dtype: types.yields ?? dtype }]
  },
  lower: reduceRule(opType, types),
})

const argument = (opType: 'ArgMax' | 'ArgMin'): Kernel => ({
  inputs: ['x'],
  attributes: (given, [x]) => ({ axis: axesOf(given.axis, (x as TensorType).shape.length)[0] ?? 0 }),
  infer: ([x], { axis }) => [{ shape: reduced((x as TensorType).shape, [axis as number], false), dtype: 'int32' }],
  lower: (l, node) => {
    const axis = node.attributes.axis as number
    const x = first(node.inputs)
    const out = first(node.outputs)
    const lies = l.cast(l.at(x), x.dtype, x.dtype === 'bool' ? 'int32' : x.dtype)
    const ordered = withNaNFirst(l, lies, x, opType === 'ArgMax' ? 'greatest' : 'least')
    l.set(out, l.cast(l.op(opType, [ordered], out.shape, { axis, keepdims: 0 }), 'int64', 'int32'))
  },
})

/** Softmax or its logarithm along the axis of an attribute, by default the last. */
const alongAxis = (opType: 'Softmax' | 'LogSoftmax', attribute: string): Kernel => ({
  inputs: ['logits'],
  attributes: (given, [x]) => ({ axis: axesOf(given[attribute] ?? -1, (x as TensorType).shape.length)[0] }),
  infer: ([x]) => [x as TensorType],
  lower: (l, node) => {
    const placed = l.placed(first(node.inputs))
    const axis = placed.layout.indexOf(node.attributes.axis as number)
    const long = longSoftmax(l, placed, axis, opType === 'LogSoftmax')
    l.set(first(node.outputs), long ?? l.op(opType, [placed], placed.shape, { axis }), placed.layout)
  },
})

/** Kernels that reduce axes, or go along one axis. */
export const reduceKernels: Kernels = {
  All: reduction('ReduceMin'),
  Any: reduction('ReduceMax'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Cumsum: cumulative(cumulativeSum),
  LogSoftmax: alongAxis('LogSoftmax', 'axis'),
  Max: { ...keepsNaN(reduction('ReduceMax')), half: follows },
  Mean: { ...reduction('ReduceMean', { takes: ['float32'], yields: 'float32' }), complex: byParts },
  Min: { ...keepsNaN(reduction('ReduceMin')), half: follows },
  Prod: reduction('ReduceProd'),
  Softmax: alongAxis('Softmax', 'dim'),
  Sum: { ...reduction('ReduceSum'), complex: byParts },
}
