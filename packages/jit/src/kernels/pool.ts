import { backend_util } from '@tensorflow/tfjs-core'
import type { Attributes, TensorType, Value } from '../graph/graph.ts'
import { taps } from './convolution/window.ts'
import { first, type Kernels } from './kernel.ts'
import { repeat } from './resize.ts'

const HWNC = [1, 2, 0, 3]

interface Pool {
  readonly size: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly out: readonly [number, number, number, number]
}

function poolOf(shape: readonly number[], given: Attributes): Pool {
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    given.filterSize as [number, number],
    given.strides as [number, number],
    1,
    given.pad as number,
    given.dimRoundingMode as undefined,
  )
  const { top, left, bottom, right } = info.padInfo
  if (top + left + bottom + right > 0) throw new Error('expected a pool without padding')
  return {
    size: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    out: info.outShape,
  }
}

const poolIn = (attributes: Attributes) => attributes.pool as Pool

/** Mean pooling without padding; its gradient where the windows tile the image. */
export const poolKernels: Kernels = {
  AvgPool: {
    inputs: ['x'],
    attributes: (given, [x]) => ({ pool: poolOf((x as TensorType).shape, given) }),
    infer: (_, attributes) => [{ shape: poolIn(attributes).out, dtype: 'float32' }],
    lower: (l, node) => {
      const { size, strides, out } = poolIn(node.attributes)
      const x = first(node.inputs)
      const [n, outHeight, outWidth, channels] = out
      const [, height, width] = x.shape as [number, number, number]
      const parts = taps(l, l.at(x, HWNC), {
        ...{ n, height, width, outHeight, outWidth, inChannels: channels, outChannels: channels },
        ...{ size, strides, dilations: [1, 1], pads: [0, 0, 0, 0] },
      })
      const shape = [outHeight, outWidth, n, channels]
      const mean = l.op('Mul', [l.op('Sum', parts, shape), l.scalar(1 / parts.length)], shape)
      l.set(first(node.outputs), mean, HWNC)
    },
  },
  AvgPoolGrad: {
    inputs: ['dy', 'input'],
    attributes: (given, [, input]) => ({ pool: poolOf((input as TensorType).shape, given) }),
    infer: ([, input], attributes) => {
      const { size, strides, out } = poolIn(attributes)
      const shape = (input as TensorType).shape
      if (String(size) !== String(strides) || out[1] * size[0] !== shape[1] || out[2] * size[1] !== shape[2])
        throw new Error(`expected windows that tile the image, got size ${size}, strides ${strides} on [${shape}]`)
      return [input as TensorType]
    },
    lower: (l, node) => {
      const { size } = poolIn(node.attributes)
      const [dy, input] = node.inputs as [Value, Value]
      const [, height, width] = input.shape as [number, number, number]
      const each = l.at(dy, HWNC)
      const share = l.op('Mul', [each, l.scalar(1 / (size[0] * size[1]))], each.shape)
      l.set(first(node.outputs), repeat(l, share, height, width), HWNC)
    },
  },
}
