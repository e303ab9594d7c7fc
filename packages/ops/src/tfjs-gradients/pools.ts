import * as tf from '@tensorflow/tfjs-core'

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)

type Sides = [number, number]

interface Settings {
  readonly filterSize: number | number[]
  readonly strides: number | number[]
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** The windows along one axis: their number, length and distance, and how far they reach before the input. */
interface Axis {
  readonly input: number
  readonly output: number
  readonly size: number
  readonly stride: number
  readonly before: number
}

function axesOf({ shape }: tf.Tensor, given: Settings): Axis[] {
  const { filterSize, strides, pad, dimRoundingMode } = given
  const plane = shape.length === 4
  const info = plane
    ? tf.backend_util.computePool2DInfo(shape as never, filterSize as never, strides as never, 1, pad, dimRoundingMode)
    : tf.backend_util.computePool3DInfo(
        shape as never,
        filterSize as never,
        strides as never,
        1,
        pad as 'same',
        dimRoundingMode,
      )
  const { padInfo } = info
  const axes = [
    [info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, padInfo.top],
    [info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, padInfo.left],
  ]
  if ('inDepth' in info)
    axes.unshift([info.inDepth, info.outDepth, info.filterDepth, info.strideDepth, info.padInfo.front])
  return (axes as [number, number, number, number, number][]).map(([input, output, size, stride, before]) => ({
    input,
    output,
    size,
    stride,
    before,
  }))
}

/**
 * The settings for tfjs's gradients of images, which ignore `dimRoundingMode`: where windows reach further for it, that
 * much is padded.
 */
function settingsOf(given: Settings, axes: readonly Axis[]): Settings {
  const { filterSize, strides, dimRoundingMode } = given
  if (dimRoundingMode !== 'ceil' || axes.length !== 2) return given
  const [rows, columns] = axes.map(
    ({ input, output, size, stride, before }): Sides => [
      before,
      Math.max(0, (output - 1) * stride + size - input - before),
    ],
  ) as [Sides, Sides]
  return { filterSize, strides, pad: [[0, 0], rows, columns, [0, 0]] }
}

/** The number of elements of the input that each window along an axis sees. */
const seen = ({ input, output, size, stride, before }: Axis): number[] =>
  Array.from({ length: output }, (_, i) => {
    const from = i * stride - before
    return Math.min(from + size, input) - Math.max(from, 0)
  })

/**
 * Adds up, at each element of an input [B, …, 1], the values of the windows that see it: a transposed convolution of
 * ones.
 */
function spread(values: tf.Tensor, axes: readonly Axis[], { strides, pad, dimRoundingMode }: Settings): tf.Tensor {
  const filter = tf.ones([...axes.map(({ size }) => size), 1, 1])
  const inputShape = [values.shape[0]!, ...axes.map(({ input }) => input), 1]
  const kernel = axes.length === 2 ? 'Conv2DBackpropInput' : 'Conv3DBackpropInputV2'
  const given = { strides, pad, dimRoundingMode, inputShape, ...(axes.length === 2 && { dataFormat: 'NHWC' }) }
  return run(kernel, { dy: values, filter }, given)
}

/**
 * Each window gives equal shares to its elements, and none to padding: the adjoint of the mean of the forward pass.
 * tfjs's cpu backend divides by the size of the window even where part of it is padding.
 */
const average = (kernelName: string, gradient: string): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  gradFunc: (dy, [saved], attrs) => ({
    x: () => {
      const x = saved!
      const y = dy as tf.Tensor
      const axes = axesOf(x, attrs as unknown as Settings)
      const given = settingsOf(attrs as unknown as Settings, axes)
      const counts = axes.map(seen)
      if (counts.every((along, i) => along.every((n) => n === axes[i]!.size)))
        return run(gradient, { dy: y, input: x }, given)
      const [n, channels] = [x.shape[0]!, x.shape.at(-1)!]
      const shares = counts.map((along, i) =>
        tf.tensor(
          along.map((count) => 1 / count),
          counts.map((other, k) => (k === i ? other.length : 1)).concat(1),
        ),
      )
      const last = x.shape.length - 1
      const inner = x.shape.map((_, i) => i).slice(1, last)
      const values = tf.transpose(
        shares.reduce((a, share) => tf.mul(a, share), y),
        [0, last, ...inner],
      )
      const images = tf.reshape(values, [n * channels, ...axes.map(({ output }) => output), 1])
      const sums = spread(images, axes, given)
      const apart = tf.reshape(sums, [n, channels, ...axes.map(({ input }) => input)])
      return tf.transpose(apart, [0, ...inner.map((i) => i + 1), 1])
    },
  }),
})

/**
 * The first greatest element in the order of memory gets all, as in PyTorch. The gradient is that of a pool of rows and
 * columns, and of a pool of planes of its result. tfjs's cpu backend chooses a wrong element of windows that are not
 * square, and the last of several.
 */
const maxPool3dGradient: tf.GradConfig = {
  kernelName: 'MaxPool3D',
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => ({
    x: () => {
      const [x, y] = saved as [tf.Tensor5D, tf.Tensor5D]
      const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as Settings
      const info = tf.backend_util.computePool3DInfo(
        x.shape,
        filterSize as Sides3,
        strides as Sides3,
        1,
        pad as 'same',
        dimRoundingMode,
      )
      const { front, back, top, bottom, left, right } = info.padInfo
      const { batchSize: n, inDepth, inHeight, inWidth, outDepth, outHeight, outWidth, inChannels: c } = info
      const within = {
        filterSize: [info.filterHeight, info.filterWidth],
        strides: [info.strideHeight, info.strideWidth],
        ...around([top, bottom], [left, right], dimRoundingMode),
      }
      const across = {
        filterSize: [info.filterDepth, 1],
        strides: [info.strideDepth, 1],
        ...around([front, back], [0, 0], dimRoundingMode),
      }
      const planes = tf.reshape(x, [n * inDepth, inHeight, inWidth, c])
      const pooled = run('MaxPool', { x: planes }, within)
      const columns = tf.reshape(pooled, [n, inDepth, outHeight * outWidth, c])
      const outShape = [n, outDepth, outHeight * outWidth, c]
      const [dz, z] = [dy as tf.Tensor, y].map((t) => tf.reshape(t, outShape)) as [tf.Tensor, tf.Tensor]
      const dColumns = run('MaxPoolGrad', { dy: dz, input: columns, output: z }, across)
      const dPooled = tf.reshape(dColumns, pooled.shape)
      return tf.reshape(run('MaxPoolGrad', { dy: dPooled, input: planes, output: pooled }, within), x.shape)
    },
  }),
}

/** tfjs's own, also for windows that reach beyond the image for `dimRoundingMode` 'ceil'. */
const maxPoolGradient: tf.GradConfig = {
  kernelName: 'MaxPool',
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attrs) => {
    const [x, y] = saved as [tf.Tensor, tf.Tensor]
    const given = attrs as unknown as Settings
    const settings = settingsOf(given, axesOf(x, given))
    return { x: () => run('MaxPoolGrad', { dy: dy as tf.Tensor, input: x, output: y }, settings) }
  },
}

/** The same; indices have none. */
const maxPoolWithArgmaxGradient: tf.GradConfig = {
  kernelName: 'MaxPoolWithArgmax',
  inputsToSave: ['x'],
  outputsToSave: [true, false],
  gradFunc: (dys, saved, attrs) => {
    const [x, y] = saved as [tf.Tensor, tf.Tensor]
    const [dy] = dys as (tf.Tensor | null)[]
    const { filterSize, strides, pad } = attrs as unknown as Settings
    return {
      x: () => (dy ? run('MaxPoolGrad', { dy, input: x, output: y }, { filterSize, strides, pad }) : tf.zerosLike(x)),
    }
  },
}

type Sides3 = [number, number, number]

/** The padding of images, and its rounding. */
const around = (rows: Sides, columns: Sides, dimRoundingMode: Settings['dimRoundingMode']) => ({
  pad: [[0, 0], rows, columns, [0, 0]],
  dimRoundingMode,
})

export const poolGradients: readonly tf.GradConfig[] = [
  maxPoolGradient,
  maxPoolWithArgmaxGradient,
  maxPool3dGradient,
  average('AvgPool', 'AvgPoolGrad'),
  average('AvgPool3D', 'AvgPool3DGrad'),
]
