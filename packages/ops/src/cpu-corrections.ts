import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'

/** The part of tfjs's cpu backend that is used. */
interface CpuBackend {
  readonly data: { get(dataId: tf.DataId): { values: unknown } }
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo
  disposeIntermediateTensorInfo(x: tf.TensorInfo): void
}

interface Call {
  readonly inputs: Record<string, tf.TensorInfo>
  readonly attrs: Record<string, unknown>
  readonly backend: CpuBackend
}

type Kernel = (call: Call) => tf.TensorInfo | tf.TensorInfo[]

const valuesOf = ({ backend }: Call, x: tf.TensorInfo) => backend.data.get(x.dataId).values as Float32Array

const hasNaN = (call: Call, x: tf.TensorInfo) => x.dtype === 'float32' && valuesOf(call, x).some(Number.isNaN)

/** The same call with another float32 tensor in place of `x`. The tensor is disposed of afterwards. */
function replaced<T>(call: Call, numbers: Float32Array, use: (call: Call, x: tf.TensorInfo) => T): T {
  const x = call.backend.makeTensorInfo(call.inputs.x!.shape, 'float32', numbers)
  try {
    return use({ ...call, inputs: { ...call.inputs, x } }, x)
  } finally {
    call.backend.disposeIntermediateTensorInfo(x)
  }
}

/** The maximum of a window with NaN is NaN. The same pool of 0 and infinity finds those windows. */
const pool =
  (kernel: Kernel): Kernel =>
  (call) => {
    const y = kernel(call) as tf.TensorInfo
    const x = call.inputs.x!
    if (!hasNaN(call, x)) return y
    const strays = Float32Array.from(valuesOf(call, x), (v) => (Number.isNaN(v) ? Number.POSITIVE_INFINITY : 0))
    const seen = replaced(call, strays, (other) => kernel(other)) as tf.TensorInfo
    const [values, marks] = [valuesOf(call, y), valuesOf(call, seen)]
    marks.forEach((mark, i) => {
      if (mark === Number.POSITIVE_INFINITY) values[i] = Number.NaN
    })
    call.backend.disposeIntermediateTensorInfo(seen)
    return y
  }

const MOST = (2 - 2 ** -23) * 2 ** 127

/**
 * NaN comes first, whether the greatest (`sign` 1) or the least (-1) is wanted; infinity counts as the largest finite
 * number.
 */
const ordered = (values: Float32Array, sign: 1 | -1) =>
  values.map((v) =>
    Number.isNaN(v) ? sign * Number.POSITIVE_INFINITY : sign > 0 ? Math.min(v, MOST) : Math.max(v, -MOST),
  )

const place =
  (sign: 1 | -1) =>
  (kernel: Kernel): Kernel =>
  (call) => {
    const x = call.inputs.x!
    return hasNaN(call, x) ? replaced(call, ordered(valuesOf(call, x), sign), (other) => kernel(other)) : kernel(call)
  }

const topK =
  (kernel: Kernel): Kernel =>
  (call) => {
    const x = call.inputs.x!
    if (!hasNaN(call, x)) return kernel(call)
    const given = valuesOf(call, x)
    const results = replaced(call, ordered(given, 1), (other) => kernel(other)) as [tf.TensorInfo, tf.TensorInfo]
    const [values, places] = results.map((y) => valuesOf(call, y)) as [Float32Array, Float32Array]
    const [n, k] = [x.shape.at(-1)!, results[0].shape.at(-1)!]
    places.forEach((at, i) => {
      values[i] = given[Math.floor(i / k) * n + at]!
    })
    return results
  }

/** Refuses indices outside of their axis. tfjs would read the next row, or the one before. */
const inside =
  (
    shapeOf: (call: Call) => readonly number[],
    axesOf: (indices: readonly number[]) => number,
  ): ((kernel: Kernel) => Kernel) =>
  (kernel) =>
  (call) => {
    const indices = call.inputs.indices!
    const shape = shapeOf(call)
    const axes = axesOf(indices.shape)
    valuesOf(call, indices).forEach((index, i) => {
      const length = shape[i % axes]!
      if (index < 0 || index >= length)
        throw new CascadeError(
          'input',
          `expected indices of 0 to ${length - 1} along axis ${i % axes} of [${shape}], got ${index}`,
        )
    })
    return kernel(call)
  }

/** Indices of one place are a vector; those of several places lie along one axis. */
const ofPlace = (indices: readonly number[]) => indices.at(-1)!
const ofPlaces = (indices: readonly number[]) => (indices.length > 1 ? indices.at(-1)! : 1)

const corrections: Readonly<Record<string, (kernel: Kernel) => Kernel>> = {
  MaxPool: pool,
  MaxPool3D: pool,
  Dilation2D: pool,
  ArgMax: place(1),
  ArgMin: place(-1),
  TopK: topK,
  GatherNd: inside(({ inputs }) => inputs.params!.shape, ofPlace),
  ScatterNd: inside(({ attrs }) => attrs.shape as number[], ofPlaces),
  TensorScatterUpdate: inside(({ inputs }) => inputs.tensor!.shape, ofPlaces),
}

let corrected = false

/**
 * Corrects kernels of tfjs's cpu backend, once it is there. Pools, argMax and similar kernels lose NaN, and indices
 * outside of their axis read other elements. With the corrections the results are those of compiled functions.
 */
export function correctCpuKernels(): void {
  if (corrected) return
  for (const [kernelName, correct] of Object.entries(corrections)) {
    const config = tf.getKernel(kernelName, 'cpu')
    if (!config) return
    const kernelFunc = correct(config.kernelFunc as unknown as Kernel) as unknown as tf.KernelFunc
    tf.unregisterKernel(kernelName, 'cpu')
    tf.registerKernel({ ...config, kernelFunc })
  }
  corrected = true
}
