import * as tf from '@tensorflow/tfjs-core'

/** The strides of a tensor in memory. */
const stridesOf = (shape: readonly number[]) => shape.map((_, i) => tf.util.sizeFromShape(shape.slice(i + 1)))

/** 0, step, 2 step, … as int32. */
const counting = (n: number, step: number, shape: number[]) =>
  tf.tensor(
    Int32Array.from({ length: n }, (_, i) => i * step),
    shape,
  )

/** A tensor of `shape` that is zero except for `values`, added at `places` in its memory. */
const addAt = (places: tf.Tensor, values: tf.Tensor, shape: number[]): tf.Tensor => {
  const size = tf.util.sizeFromShape(shape)
  const column = tf.reshape(places, [values.size, 1])
  return tf.reshape(tf.scatterND(column, tf.reshape(values, [values.size]), [size]), shape)
}

/** Indices have no gradient. If they are computed from tensors that have one, tfjs asks for float32 zeros. */
const none = ({ shape }: tf.Tensor) => tf.zeros(shape)

/**
 * Elements are added where they were taken from, within batches too. tfjs's own needs chained operations for batches.
 */
export const gatherGradient: tf.GradConfig = {
  kernelName: 'GatherV2',
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, [x, indices], attrs) => ({
    x: () => {
      const { shape } = x!
      const axis = tf.util.parseAxisParam(attrs.axis as number, shape)[0]!
      const given = (attrs.batchDims as number | undefined) ?? 0
      const batchDims = given < 0 ? given + indices!.rank : given
      const size = (from: number, to?: number) => tf.util.sizeFromShape(shape.slice(from, to))
      const [batch, outer, length, inner] = [size(0, batchDims), size(batchDims, axis), shape[axis]!, size(axis + 1)]
      const n = indices!.size / batch
      const ids = tf.add(tf.reshape(indices!, [batch, n]), counting(batch, length, [batch, 1]))
      const values = tf.transpose(tf.reshape(dy as tf.Tensor, [batch, outer, n, inner]), [0, 2, 1, 3])
      const rows = tf.reshape(values, [batch * n, outer * inner])
      const sums = tf.unsortedSegmentSum(rows, tf.reshape(ids, [batch * n]) as tf.Tensor1D, batch * length)
      const tables = tf.transpose(tf.reshape(sums, [batch, length, outer, inner]), [0, 2, 1, 3])
      return tf.reshape(tables, shape)
    },
    indices: () => none(indices!),
  }),
}

/** The gradient of a row is that of its sum. A row of no existing segment has none. */
export const unsortedSegmentSumGradient: tf.GradConfig = {
  kernelName: 'UnsortedSegmentSum',
  inputsToSave: ['segmentIds'],
  gradFunc: (dy, [ids], attrs) => ({
    x: () => {
      const y = dy as tf.Tensor
      const known = tf.logicalAnd(tf.greaterEqual(ids!, 0), tf.less(ids!, attrs.numSegments as number))
      const rows = tf.gather(y, tf.where(known, ids!, tf.zerosLike(ids!)))
      const column = tf.reshape(known, [...ids!.shape, ...y.shape.slice(1).map(() => 1)])
      return tf.where(column, rows, tf.zerosLike(rows))
    },
    segmentIds: () => none(ids!),
  }),
}

export const gatherNdGradient: tf.GradConfig = {
  kernelName: 'GatherNd',
  inputsToSave: ['params', 'indices'],
  gradFunc: (dy, [params, indices]) => ({
    params: () => {
      const { shape } = params!
      const axes = indices!.shape.at(-1)!
      const rows = indices!.size / axes
      const places = tf.reshape(indices!, [rows, axes])
      return tf.scatterND(places, tf.reshape(dy as tf.Tensor, [rows, ...shape.slice(axes)]), shape)
    },
    indices: () => none(indices!),
  }),
}

/** The indices of one place may be a vector; those of several are a matrix. */
const placesOf = (indices: tf.Tensor) => (indices.rank > 1 ? indices : tf.expandDims(indices, 1))

export const scatterNdGradient: tf.GradConfig = {
  kernelName: 'ScatterNd',
  inputsToSave: ['indices'],
  gradFunc: (dy, [indices]) => ({
    indices: () => none(indices!),
    updates: () => tf.gatherND(dy as tf.Tensor, placesOf(indices!)),
  }),
}

export const tensorScatterUpdateGradient: tf.GradConfig = {
  kernelName: 'TensorScatterUpdate',
  inputsToSave: ['indices', 'updates'],
  gradFunc: (dy, [indices, updates]) => ({
    // Not another update: that of tfjs's cpu backend changes its operand.
    tensor: () => {
      const y = dy as tf.Tensor
      return tf.where(tf.greater(tf.scatterND(indices!, tf.onesLike(updates!), y.shape), 0), tf.zerosLike(y), y)
    },
    indices: () => none(indices!),
    updates: () => tf.gatherND(dy as tf.Tensor, placesOf(indices!)),
  }),
}

/** The greatest elements pass their gradients on. Indices have none. */
export const topKGradient: tf.GradConfig = {
  kernelName: 'TopK',
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: (dy, [x, indices]) => ({
    x: () => {
      const { shape } = x!
      const n = shape.at(-1)!
      const k = indices!.shape.at(-1)!
      const rows = x!.size / n
      const starts = counting(rows, n, [rows, 1])
      return addAt(tf.add(tf.reshape(indices!, [rows, k]), starts), (dy as tf.Tensor[])[0]!, shape)
    },
  }),
}

/** The places of the elements of a slice are known beforehand. */
export const stridedSliceGradient: tf.GradConfig = {
  kernelName: 'StridedSlice',
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attrs) => ({
    x: () => {
      const { shape } = x!
      const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
        attrs as unknown as Record<string, number & number[]>
      const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask].map((mask) => mask ?? 0) as [
        number,
        number,
        number,
        number,
        number,
      ]
      const info = tf.slice_util.sliceInfo(shape, begin!, end!, strides!, ...masks)
      const lengths = tf.slice_util.computeOutShape(info.begin, info.end, info.strides)
      const memory = stridesOf(shape)
      const places = lengths.reduce<number[]>(
        (all, d, axis) =>
          all.flatMap((at) =>
            Array.from({ length: d }, (_, i) => at + (info.begin[axis]! + i * info.strides[axis]!) * memory[axis]!),
          ),
        [0],
      )
      return addAt(tf.tensor1d(places, 'int32'), dy as tf.Tensor, shape)
    },
  }),
}
