import { sizeOf } from '@cascade-diffusion/arrays'
import type { TensorType } from '../graph/graph.ts'
import type { Lowering, Physical, Rule } from '../lower/lowering.ts'
import { axesOf, first, type Kernel, type Kernels } from './kernel.ts'

const attributes: Kernel['attributes'] = (given, [x]) => ({
  axes: axesOf(given.axis ?? given.reductionIndices, (x as TensorType).shape.length),
  keepDims: given.keepDims ?? false,
})

const reduced = (shape: readonly number[], axes: readonly number[], keepDims: boolean) =>
  keepDims ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i))

/**
 * Sums over the outermost axes in memory as a product with a row of ones: ONNX Runtime's reductions of outer axes are
 * several times as slow.
 */
export function sumOuter(l: Lowering, x: Physical, outer: number, factor = 1): Physical {
  const inner = sizeOf(x.shape) / outer
  const row = l.floats(new Float32Array(outer).fill(factor), [1, outer])
  return l.op('MatMul', [row, l.reshape(x, [outer, inner])], [1, inner])
}

const reduceRule =
  (opType: string): Rule =>
  (l, node) => {
    const x = first(node.inputs)
    const out = first(node.outputs)
    const { axes, keepDims } = node.attributes as { axes: number[]; keepDims: boolean }
    const placed = l.placed(x)
    const rest = placed.layout.filter((axis) => !axes.includes(axis))
    const layout = keepDims ? placed.layout : rest.map((axis) => axis - axes.filter((a) => a < axis).length)
    const shape = layout.map((axis) => out.shape[axis] as number)
    // Axes of length 1 may lie anywhere.
    const real = placed.layout.filter((axis) => x.shape[axis] !== 1)
    const outer = real.findIndex((axis) => !axes.includes(axis))
    const isOuter = outer > 0 && real.slice(outer).every((axis) => !axes.includes(axis))
    const isSum = opType === 'ReduceSum' || opType === 'ReduceMean'
    if (isOuter && isSum && x.dtype === 'float32') {
      const n = sizeOf(axes.map((axis) => x.shape[axis] as number))
      const sum = sumOuter(l, placed, n, opType === 'ReduceMean' ? 1 / n : 1)
      l.set(out, l.reshape(sum, shape), layout)
      return
    }
    const places = axes.map((axis) => placed.layout.indexOf(axis)).sort((a, b) => a - b)
    if (places.length === 0) {
      l.set(out, placed, placed.layout)
      return
    }
    l.set(out, l.op(opType, [placed, l.ints(places)], shape, { keepdims: keepDims ? 1 : 0 }), layout)
  }

const reduction = (opType: string): Kernel => ({
  inputs: ['x'],
  attributes,
  infer: ([x], { axes, keepDims }) => [
    { shape: reduced((x as TensorType).shape, axes as number[], keepDims as boolean), dtype: (x as TensorType).dtype },
  ],
  lower: reduceRule(opType),
})

/** ONNX reduces no booleans: through int32 and back. */
const logical = (opType: string): Kernel => ({
  ...reduction(opType),
  lower: (l, node) => {
    const x = first(node.inputs)
    const { axes, keepDims } = node.attributes as { axes: number[]; keepDims: boolean }
    const lies = l.at(x)
    const { shape } = first(node.outputs)
    const numbers = l.op('Cast', [lies], lies.shape, { to: 6 })
    const result =
      axes.length === 0 ? numbers : l.op(opType, [numbers, l.ints(axes)], shape, { keepdims: keepDims ? 1 : 0 })
    l.set(first(node.outputs), l.op('Cast', [result], shape, { to: 9 }))
  },
})

const argument = (opType: string): Kernel => ({
  inputs: ['x'],
  attributes: (given, [x]) => ({ axis: axesOf(given.axis, (x as TensorType).shape.length)[0] ?? 0 }),
  infer: ([x], { axis }) => [{ shape: reduced((x as TensorType).shape, [axis as number], false), dtype: 'int32' }],
  lower: (l, node) => {
    const axis = node.attributes.axis as number
    const { shape } = first(node.outputs)
    const index = l.op(opType, [l.at(first(node.inputs))], shape, { axis, keepdims: 0 })
    l.set(first(node.outputs), l.op('Cast', [index], shape, { to: 6 }))
  },
})

/** A kernel that works along one axis and keeps the shape. */
const along = (opType: string, name: string, input: string): Kernel => ({
  inputs: [input],
  attributes: (given, [x]) => ({ axis: axesOf(given[name] ?? -1, (x as TensorType).shape.length)[0] }),
  infer: ([x]) => [x as TensorType],
  lower: (l, node) => {
    const placed = l.placed(first(node.inputs))
    const axis = placed.layout.indexOf(node.attributes.axis as number)
    l.set(first(node.outputs), l.op(opType, [placed], placed.shape, { axis }), placed.layout)
  },
})

export const reduceKernels: Kernels = {
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  LogSoftmax: along('LogSoftmax', 'axis', 'logits'),
  Max: reduction('ReduceMax'),
  Mean: { ...reduction('ReduceMean') },
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  Softmax: along('Softmax', 'dim', 'logits'),
  Sum: reduction('ReduceSum'),
}
