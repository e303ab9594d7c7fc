import { CascadeError } from '@cascade-diffusion/checks'
import { backend_util } from '@tensorflow/tfjs-core'
import type { Attributes, TensorType, Value } from '../../graph/graph.ts'
import type { Layout } from '../../lower/layout.ts'
import type { Lowering, Physical } from '../../lower/lowering.ts'
import { products } from '../half.ts'
import { first, type Kernels } from '../kernel.ts'
import { matMul } from '../linear/matmul.ts'
import { convolve, convolveBack } from './channels-first.ts'
import { taps, type Windows, windowsFrom } from './windows.ts'

/** The sizes of a convolution of volumes [N, D, H, W, C] with filters [planes, rows, columns, C, K]. */
interface Sizes {
  readonly windows: Windows
  readonly n: number
  readonly inChannels: number
  readonly outChannels: number
}

/** Planes, rows and columns outermost. */
const DHWNC: Layout = [1, 2, 3, 0, 4]

type Shape5 = [number, number, number, number, number]

function sizesOf(volume: readonly number[], filter: readonly number[], given: Attributes): Sizes {
  if (given.dataFormat !== undefined && given.dataFormat !== 'NDHWC')
    throw new CascadeError('input', `expected dataFormat NDHWC, got ${given.dataFormat}`)
  const info = backend_util.computeConv3DInfo(
    volume as Shape5,
    filter as Shape5,
    given.strides as [number, number, number],
    (given.dilations as [number, number, number] | undefined) ?? 1,
    given.pad as 'same',
  )
  if (info.inChannels !== filter[3])
    throw new CascadeError('input', `expected a filter of ${info.inChannels} input channels, got ${filter[3]}`)
  const { inChannels, outChannels } = info
  return { windows: windowsFrom(info), n: info.batchSize, inChannels, outChannels }
}

const sizesIn = (attributes: Attributes) => attributes.sizes as Sizes

/** [planes, rows, columns, C, K] as ONNX has it: [K, C, planes, rows, columns]. */
const weights = (l: Lowering, filter: Physical) => l.transpose(filter, [4, 3, 0, 1, 2])

/** Convolutions of volumes, and the kernels that tfjs uses for their gradients. */
export const convolution3DKernels: Kernels = {
  Conv3D: {
    inputs: ['x', 'filter'],
    half: products,
    attributes: (given, [x, filter]) => ({
      sizes: sizesOf((x as TensorType).shape, (filter as TensorType).shape, given),
    }),
    infer: (_, attributes) => {
      const { windows, n, outChannels } = sizesIn(attributes)
      return [{ shape: [n, ...windows.output, outChannels], dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [x, filter] = node.inputs as [Value, Value]
      const y = convolve(l, l.at(x, DHWNC), weights(l, l.at(filter)), sizesIn(node.attributes).windows)
      l.set(first(node.outputs), y, DHWNC)
    },
  },
  Conv3DBackpropInputV2: {
    inputs: ['dy', 'filter'],
    half: products,
    attributes: (given, [, filter]) => ({
      sizes: sizesOf(given.inputShape as number[], (filter as TensorType).shape, given),
    }),
    infer: (_, attributes) => {
      const { windows, n, inChannels } = sizesIn(attributes)
      return [{ shape: [n, ...windows.input, inChannels], dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [dy, filter] = node.inputs as [Value, Value]
      const dx = convolveBack(l, l.at(dy, DHWNC), weights(l, l.at(filter)), sizesIn(node.attributes).windows)
      l.set(first(node.outputs), dx, DHWNC)
    },
  },
  Conv3DBackpropFilterV2: {
    inputs: ['x', 'dy'],
    half: products,
    attributes: (given, [x]) => ({ sizes: sizesOf((x as TensorType).shape, given.filterShape as number[], given) }),
    infer: (_, attributes) => {
      const { windows, inChannels, outChannels } = sizesIn(attributes)
      return [{ shape: [...windows.size, inChannels, outChannels], dtype: 'float32' }]
    },
    lower: (l, node) => {
      const [x, dy] = node.inputs as [Value, Value]
      const { windows, n, inChannels, outChannels } = sizesIn(node.attributes)
      const cells = n * windows.output.reduce((a, b) => a * b)
      const right = l.reshape(l.at(dy, DHWNC), [cells, outChannels])
      const parts = taps(l, l.at(x, DHWNC), windows).map((tap) =>
        matMul(l, l.reshape(tap, [cells, inChannels]), right, { transposeA: true }),
      )
      const whole = l.op('Concat', parts, [parts.length * inChannels, outChannels], { axis: 0 })
      l.set(first(node.outputs), l.reshape(whole, [...windows.size, inChannels, outChannels]))
    },
  },
}
