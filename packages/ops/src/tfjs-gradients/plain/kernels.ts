import * as tf from '@tensorflow/tfjs-core'
import { sumTo } from '../operands.ts'

const run = (kernel: string, inputs: tf.NamedTensorMap, attrs: object) =>
  tf.engine().runKernel(kernel, inputs, attrs as tf.NamedAttrMap) as tf.Tensor

interface Settings {
  readonly strides: [number, number]
  readonly pad: 'valid' | 'same' | number
  readonly dataFormat?: 'NHWC'
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** Gradients that are kernels of their own, and that of batch normalisation. */
export const kernelGradients: readonly tf.GradConfig[] = [
  {
    kernelName: 'Conv2DBackpropInput',
    inputsToSave: ['dy', 'filter'],
    gradFunc: (ddx, saved, attrs) => {
      const [dy, filter] = saved as [tf.Tensor, tf.Tensor4D]
      const x = ddx as tf.Tensor4D
      const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as Settings
      const settings = { strides, pad, dataFormat, dimRoundingMode, filterShape: filter.shape }
      return {
        dy: () => tf.conv2d(x, filter, strides, pad, dataFormat, 1, dimRoundingMode),
        filter: () => run('Conv2DBackpropFilter', { x, dy }, settings),
      }
    },
  },
  {
    kernelName: 'Dilation2D',
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attrs) => {
      const inputs = { x: saved[0]!, filter: saved[1]!, dy: dy as tf.Tensor }
      return {
        x: () => run('Dilation2DBackpropInput', inputs, attrs),
        filter: () => run('Dilation2DBackpropFilter', inputs, attrs),
      }
    },
  },
  {
    kernelName: 'LRN',
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => ({
      x: () => run('LRNGrad', { x: saved[0]!, y: saved[1]!, dy: dy as tf.Tensor }, attrs),
    }),
  },
  {
    kernelName: 'FusedBatchNorm',
    inputsToSave: ['x', 'mean', 'variance', 'scale'],
    gradFunc: (dy, saved, { varianceEpsilon }) => {
      const [x, mean, variance] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
      const scale = saved[3] ?? tf.scalar(1)
      const d = dy as tf.Tensor
      const centred = tf.sub(x, mean)
      const scaled = tf.mul(d, scale)
      const inverse = tf.rsqrt(tf.add(variance, varianceEpsilon as number))
      const cubed = tf.mul(tf.mul(tf.mul(inverse, inverse), inverse), -0.5)
      return {
        x: () => tf.mul(tf.mul(d, inverse), scale),
        mean: () => sumTo(tf.mul(tf.neg(inverse), scaled), mean.shape),
        variance: () => sumTo(tf.mul(tf.mul(cubed, centred), scaled), mean.shape),
        scale: () => sumTo(tf.mul(d, tf.mul(centred, inverse)), mean.shape),
        offset: () => sumTo(d, mean.shape),
      }
    },
  },
]
