import { type DType, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { backend_util } from '@tensorflow/tfjs-core'
import type { TensorType, Value } from '../../graph/graph.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { byParts } from '../complex.ts'
import { follows } from '../half.ts'
import { axesOf, first, type Kernels, sameShape } from '../kernel.ts'
import { refusingNegative, rowNumbers, scatterRows } from './rows.ts'

/** 0, 1, … as int32. */
const counting = (l: Lowering, n: number, shape: readonly number[] = [n]): Physical =>
  l.constant(
    Int32Array.from({ length: n }, (_, i) => i),
    shape,
    'int32',
  )

const shapesOf = (x: TensorType, indices: TensorType, axis: number, batchDims: number) =>
  backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, axis, batchDims)

/** With more elements than this, a one-hot matrix costs more than adding the rows one by one. */
const LARGEST_MATRIX = 2 ** 16

/** The sums of rows [n, columns] by int32 segment numbers [n]. Rows with other numbers are left out. */
function sumSegments(l: Lowering, rows: Physical, ids: Physical, segments: number, dtype: DType): Physical {
  const [n, columns] = rows.shape as [number, number]
  if (n * segments <= LARGEST_MATRIX) {
    const equal = l.op('Equal', [counting(l, segments, [segments, 1]), l.reshape(ids, [1, n])], [segments, n])
    return l.op('MatMul', [l.cast(equal, 'bool', dtype), rows], [segments, columns])
  }
  const last = l.scalar(segments, 'int32')
  const known = [l.op('GreaterOrEqual', [ids, l.scalar(0, 'int32')], [n]), l.op('Less', [ids, last], [n])]
  const numbers = l.op('Where', [l.op('And', known, [n]), ids, last], [n])
  const shape = [segments + 1, columns]
  const sums = scatterRows(l, l.op('Expand', [l.scalar(0, dtype), l.ints(shape)], shape), numbers, rows, 'add')
  return l.op('Slice', [sums, l.ints([0]), l.ints([segments]), l.ints([0])], [segments, columns])
}

/** Kernels that take or sum elements at places that tensors name. */
export const gatherKernels: Kernels = {
  GatherV2: {
    inputs: ['x', 'indices'],
    half: follows,
    complex: byParts,
    attributes: (given, [x, indices]) => {
      const batchDims = (given.batchDims as number | undefined) ?? 0
      return {
        axis: axesOf(given.axis ?? 0, (x as TensorType).shape.length)[0],
        batchDims: batchDims < 0 ? batchDims + (indices as TensorType).shape.length : batchDims,
      }
    },
    infer: ([x, indices], { axis, batchDims }) => {
      const { outputShape } = shapesOf(x as TensorType, indices as TensorType, axis as number, batchDims as number)
      return [{ shape: outputShape, dtype: (x as TensorType).dtype }]
    },
    lower: (l, node) => {
      const [x, indices] = node.inputs as [Value, Value]
      const { axis, batchDims } = node.attributes as { axis: number; batchDims: number }
      const out = first(node.outputs)
      if (batchDims === 0)
        return l.set(out, l.op('Gather', [l.at(x), refusingNegative(l, l.at(indices))], out.shape, { axis }))
      // One table of all rows along the axis, and where those of each batch begin.
      const { batchSize, outerSize, dimSize, sliceSize } = shapesOf(x, indices, axis, batchDims)
      const n = sizeOf(indices.shape) / batchSize
      const tables = batchSize * outerSize
      const starts = Int32Array.from({ length: tables }, (_, i) => i * dimSize)
      const shape = [batchSize, outerSize, n]
      const given = l.reshape(l.at(indices), [batchSize, 1, n])
      const rows = l.op('Add', [given, l.constant(starts, [batchSize, outerSize, 1], 'int32')], shape)
      // An index beyond its batch becomes one beyond the table, which ONNX Runtime refuses.
      const inside = l.op('Less', [refusingNegative(l, given), l.scalar(dimSize, 'int32')], given.shape)
      const numbers = l.op('Where', [inside, rows, l.scalar(tables * dimSize, 'int32')], shape)
      const table = l.reshape(l.at(x), [tables * dimSize, sliceSize])
      l.set(out, l.reshape(l.op('Gather', [table, numbers], [...shape, sliceSize], { axis: 0 }), out.shape))
    },
  },
  GatherNd: {
    inputs: ['params', 'indices'],
    complex: byParts,
    infer: ([params, indices]) => {
      const [shape] = backend_util.prepareAndValidate(params as never, indices as never)
      return [{ shape, dtype: (params as TensorType).dtype }]
    },
    lower: (l, node) => {
      const [params, indices] = node.inputs as [Value, Value]
      const out = first(node.outputs)
      const axes = indices.shape.at(-1) as number
      const lengths = params.shape.slice(0, axes)
      const n = sizeOf(indices.shape.slice(0, -1))
      const columns = sizeOf(params.shape.slice(axes))
      const table = l.reshape(l.at(params), [sizeOf(lengths), columns])
      const numbers = rowNumbers(l, l.reshape(l.at(indices), [n, axes]), lengths)
      l.set(out, l.reshape(l.op('Gather', [table, numbers], [n, columns], { axis: 0 }), out.shape))
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
      // A comparison with 0, 1, …, since ONNX's OneHot counts negative indices from the end.
      const equal = l.op('Equal', [l.reshape(indices, [...indices.shape, 1]), counting(l, depth)], out.shape)
      // ONNX Runtime's Where does not accept booleans.
      const chosen = dtype === 'bool' ? 'int32' : dtype
      const y = l.op('Where', [equal, l.scalar(onValue, chosen), l.scalar(offValue, chosen)], out.shape)
      l.set(out, l.cast(y, chosen, dtype))
    },
  },
  /** The gradient of a gather: the sums of the rows that came from each place. */
  UnsortedSegmentSum: {
    inputs: ['x', 'segmentIds'],
    attributes: (given) => ({ numSegments: given.numSegments }),
    infer: ([x, ids], { numSegments }) => {
      const { shape, dtype } = x as TensorType
      const outer = (ids as TensorType).shape
      if (!sameShape(shape.slice(0, outer.length), outer))
        throw new CascadeError('input', `expected ids for the leading axes of [${shape}], got [${outer}]`)
      return [
        { shape: [numSegments as number, ...shape.slice(outer.length)], dtype: dtype === 'bool' ? 'int32' : dtype },
      ]
    },
    lower: (l, node) => {
      const [x, ids] = node.inputs as [Value, Value]
      const out = first(node.outputs)
      const n = sizeOf(ids.shape)
      const rows = l.reshape(l.cast(l.at(x), x.dtype, out.dtype), [n, sizeOf(x.shape.slice(ids.shape.length))])
      const sums = sumSegments(l, rows, l.reshape(l.at(ids), [n]), node.attributes.numSegments as number, out.dtype)
      l.set(out, l.reshape(sums, out.shape))
    },
  },
}
