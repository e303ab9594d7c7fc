import { type DType, sizeOf } from '@cascade-diffusion/arrays'
import type { TensorType, Value } from '../graph/graph.ts'
import { axesOf, first, type Kernels, sameShape } from './kernel.ts'

export const gatherKernels: Kernels = {
  GatherV2: {
    inputs: ['x', 'indices'],
    attributes: (given, [x]) => ({
      axis: axesOf(given.axis ?? 0, (x as TensorType).shape.length)[0],
      batchDims: given.batchDims ?? 0,
    }),
    infer: ([x, indices], { axis, batchDims }) => {
      if (batchDims !== 0) throw new Error(`expected batchDims 0, got ${batchDims}`)
      const { shape, dtype } = x as TensorType
      const at = axis as number
      return [{ shape: [...shape.slice(0, at), ...(indices as TensorType).shape, ...shape.slice(at + 1)], dtype }]
    },
    lower: (l, node) => {
      const [x, indices] = node.inputs as [Value, Value]
      const out = first(node.outputs)
      l.set(out, l.op('Gather', [l.at(x), l.at(indices)], out.shape, { axis: node.attributes.axis as number }))
    },
  },
  OneHot: {
    inputs: ['indices'],
    attributes: (given) => ({
      depth: given.depth,
      onValue: given.onValue ?? 1,
      offValue: given.offValue ?? 0,
      dtype: given.dtype ?? 'float32',
    }),
    infer: ([indices], { depth, dtype }) => [
      { shape: [...(indices as TensorType).shape, depth as number], dtype: dtype as DType },
    ],
    lower: (l, node) => {
      const { depth, onValue, offValue, dtype } = node.attributes as {
        depth: number
        onValue: number
        offValue: number
        dtype: DType
      }
      const out = first(node.outputs)
      const indices = l.at(first(node.inputs))
      // Compared with 0, 1, … instead of ONNX's OneHot, which counts negative indices from the end.
      const equal = l.op(
        'Equal',
        [
          l.reshape(indices, [...indices.shape, 1]),
          l.constant(
            Int32Array.from({ length: depth }, (_, i) => i),
            [depth],
            'int32',
          ),
        ],
        out.shape,
      )
      l.set(out, l.op('Where', [equal, l.scalar(onValue, dtype), l.scalar(offValue, dtype)], out.shape))
    },
  },
  /** The gradient of a gather: rows summed by where they came from, as a product with the one-hot matrix of the indices. */
  UnsortedSegmentSum: {
    inputs: ['x', 'segmentIds'],
    attributes: (given) => ({ numSegments: given.numSegments }),
    infer: ([x, ids], { numSegments }) => {
      const { shape, dtype } = x as TensorType
      const outer = (ids as TensorType).shape
      if (!sameShape(shape.slice(0, outer.length), outer))
        throw new Error(`expected ids for the leading axes of [${shape}], got [${outer}]`)
      return [{ shape: [numSegments as number, ...shape.slice(outer.length)], dtype }]
    },
    lower: (l, node) => {
      const [x, ids] = node.inputs as [Value, Value]
      const out = first(node.outputs)
      const n = sizeOf(ids.shape)
      const segments = node.attributes.numSegments as number
      const numbers = l.constant(
        Int32Array.from({ length: segments }, (_, i) => i),
        [segments, 1],
        'int32',
      )
      const equal = l.op('Equal', [numbers, l.reshape(l.at(ids), [1, n])], [segments, n])
      const matrix = l.cast(equal, 'bool', x.dtype)
      const inner = sizeOf(out.shape) / segments
      l.set(out, l.op('MatMul', [matrix, l.reshape(l.at(x), [n, inner])], [segments, inner]))
    },
  },
}
