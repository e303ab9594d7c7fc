import { CascadeError } from '@cascade-diffusion/checks'
import type { Attributes, TensorType, Value } from '../../graph/graph.ts'
import { HWNC } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { products } from '../half.ts'
import { first, type Kernels, sameShape } from '../kernel.ts'
import { sumOuter } from '../reduce/sums.ts'
import { convolve, convolveBack } from './channels-first.ts'
import { convolutionInfo } from './window.ts'
import { taps, type Windows, windowsFrom } from './windows.ts'

/**
 * The sizes of a convolution of images [N, H, W, C] with filters [rows, columns, C, M]: each channel has its own M
 * filters.
 */
interface Sizes {
  readonly windows: Windows
  readonly n: number
  readonly channels: number
  /** M. */
  readonly each: number
}

function sizesOf(image: readonly number[], filter: readonly number[], given: Attributes): Sizes {
  const info = convolutionInfo(image, filter, given, true)
  if (info.inChannels !== filter[2])
    throw new CascadeError('input', `expected a filter of ${info.inChannels} channels, got ${filter[2]}`)
  return { windows: windowsFrom(info), n: info.batchSize, channels: info.inChannels, each: filter[3] as number }
}

const sizesIn = (attributes: Attributes) => attributes.sizes as Sizes

/** [rows, columns, C, M] as ONNX has the weights of as many groups as channels: [C·M, 1, rows, columns]. */
const weights = (l: Lowering, filter: Physical, { channels, each, windows }: Sizes) =>
  l.reshape(l.transpose(filter, [2, 3, 0, 1]), [channels * each, 1, ...windows.size])

function checkGradient({ windows, n, channels, each }: Sizes, { shape }: TensorType): void {
  const expected = [n, ...windows.output, channels * each]
  if (!sameShape(shape, expected))
    throw new CascadeError('input', `expected a gradient of shape [${expected}], got [${shape}]`)
}

/** Convolutions that keep the channels apart, and the kernels that tfjs uses for their gradients. */
export const depthwiseKernels: Kernels = {
  DepthwiseConv2dNative: {
    inputs: ['x', 'filter'],
    half: products,
    attributes: (given, [x, filter]) => ({
      sizes: sizesOf((x as TensorType).shape, (filter as TensorType).shape, given),
    }),
    infer: (_, attributes) => {
      const { windows, n, channels, each } = sizesIn(attributes)
      return [{ shape: [n, ...windows.output, channels * each], dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [x, filter] = node.inputs as [Value, Value]
      const sizes = sizesIn(node.attributes)
      const y = convolve(l, l.at(x, HWNC), weights(l, l.at(filter), sizes), sizes.windows, sizes.channels)
      l.set(first(node.outputs), y, HWNC)
    },
  },
  DepthwiseConv2dNativeBackpropInput: {
    inputs: ['dy', 'filter'],
    half: products,
    attributes: (given, [, filter]) => ({
      sizes: sizesOf(given.inputShape as number[], (filter as TensorType).shape, given),
    }),
    infer: ([dy], attributes) => {
      const sizes = sizesIn(attributes)
      checkGradient(sizes, dy as TensorType)
      return [{ shape: [sizes.n, ...sizes.windows.input, sizes.channels], dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [dy, filter] = node.inputs as [Value, Value]
      const sizes = sizesIn(node.attributes)
      const dx = convolveBack(l, l.at(dy, HWNC), weights(l, l.at(filter), sizes), sizes.windows, sizes.channels)
      l.set(first(node.outputs), dx, HWNC)
    },
  },
  DepthwiseConv2dNativeBackpropFilter: {
    inputs: ['x', 'dy'],
    half: products,
    attributes: (given, [x]) => ({ sizes: sizesOf((x as TensorType).shape, given.filterShape as number[], given) }),
    infer: ([, dy], attributes) => {
      const sizes = sizesIn(attributes)
      checkGradient(sizes, dy as TensorType)
      return [{ shape: [...sizes.windows.size, sizes.channels, sizes.each], dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [x, dy] = node.inputs as [Value, Value]
      const { windows, n, channels, each } = sizesIn(node.attributes)
      const pixels = n * windows.output.reduce((a, b) => a * b)
      const right = l.reshape(l.at(dy, HWNC), [pixels, channels, each])
      const rows = taps(l, l.at(x, HWNC), windows).map((tap) => {
        const left = l.reshape(tap, [pixels, channels, 1])
        return sumOuter(l, l.op('Mul', [left, right], right.shape), pixels)
      })
      const whole = l.op('Concat', rows, [rows.length, channels * each], { axis: 0 })
      l.set(first(node.outputs), l.reshape(whole, [...windows.size, channels, each]))
    },
  },
}
