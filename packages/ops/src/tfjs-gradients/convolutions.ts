import * as tf from '@tensorflow/tfjs-core'

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)

interface Settings {
  readonly strides: number | number[]
  readonly pad: 'valid' | 'same' | number
  readonly dataFormat?: 'NHWC'
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
  readonly dilations?: number | number[] | null
}

const dilationsOf = ({ dilations }: Settings, axes: number): number[] =>
  typeof dilations === 'number' ? Array(axes).fill(dilations) : (dilations ?? Array(axes).fill(1))

/** The filter of an equal convolution without dilation: zeros between the elements along its leading axes. */
function inflated(filter: tf.Tensor, dilations: readonly number[]): tf.Tensor {
  return dilations.reduce((f, d, axis) => {
    if (d === 1) return f
    const n = f.shape[axis]!
    const outer = tf.util.sizeFromShape(f.shape.slice(0, axis))
    const inner = tf.util.sizeFromShape(f.shape.slice(axis + 1))
    const sides = [0, 0, d - 1, 0].map((after): [number, number] => [0, after])
    const apart = tf.reshape(tf.pad(tf.reshape(f, [outer, n, 1, inner]), sides), [outer, n * d, inner])
    const length = (n - 1) * d + 1
    return tf.reshape(tf.slice(apart, [0, 0, 0], [outer, length, inner]), f.shape.with(axis, length))
  }, filter)
}

/** The adjoint of {@link inflated}: every element at a multiple of `dilations`. */
const deflated = (filter: tf.Tensor, dilations: readonly number[]): tf.Tensor =>
  dilations.every((d) => d === 1)
    ? filter
    : tf.stridedSlice(
        filter,
        filter.shape.map(() => 0),
        filter.shape,
        filter.shape.map((_, axis) => dilations[axis] ?? 1),
      )

/**
 * The gradients of a convolution along `axes` axes by tfjs's kernels for convolutions without dilation. tfjs's own
 * refuse dilations.
 */
const convolution = (
  kernelName: string,
  axes: number,
  { input, filter }: { readonly input: string; readonly filter: string },
): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs) => {
    const [x, f] = saved as [tf.Tensor, tf.Tensor]
    const y = dy as tf.Tensor
    const given = attrs as unknown as Settings
    const { strides, pad, dataFormat, dimRoundingMode } = given
    const dilations = dilationsOf(given, axes)
    const settings = { strides, pad, dataFormat, dimRoundingMode, dilations: Array(axes).fill(1) }
    const filterShape = f.shape.map((n, axis) => (n - 1) * (dilations[axis] ?? 1) + 1)
    return {
      x: () => run(input, { dy: y, filter: inflated(f, dilations) }, { ...settings, inputShape: x.shape }),
      filter: () => deflated(run(filter, { x, dy: y }, { ...settings, filterShape }), dilations),
    }
  },
})

/** Convolutions with dilations, and the transposed convolution of volumes, for which tfjs has no gradient. */
export const convolutionGradients: readonly tf.GradConfig[] = [
  convolution('Conv2D', 2, { input: 'Conv2DBackpropInput', filter: 'Conv2DBackpropFilter' }),
  convolution('Conv3D', 3, { input: 'Conv3DBackpropInputV2', filter: 'Conv3DBackpropFilterV2' }),
  convolution('DepthwiseConv2dNative', 2, {
    input: 'DepthwiseConv2dNativeBackpropInput',
    filter: 'DepthwiseConv2dNativeBackpropFilter',
  }),
  {
    kernelName: 'Conv3DBackpropInputV2',
    inputsToSave: ['dy', 'filter'],
    gradFunc: (ddx, saved, attrs) => {
      const [dy, filter] = saved as [tf.Tensor5D, tf.Tensor5D]
      const { strides, pad } = attrs as unknown as Settings
      const x = ddx as tf.Tensor5D
      return {
        dy: () => tf.conv3d(x, filter, strides as [number, number, number], pad as 'same'),
        filter: () => run('Conv3DBackpropFilterV2', { x, dy }, { strides, pad, filterShape: filter.shape }),
      }
    },
  },
]
