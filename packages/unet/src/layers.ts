import { groupNorm } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'

/** Weights by dotted name, such as `down.0.1.conv1.kernel`: tensors, or host arrays as `Params<NDArray>`. */
export type Params<T = tf.Tensor> = Readonly<Record<string, T>>

/** @throws if the parameter is missing. */
export function parameter<T extends tf.Tensor>(params: Params, name: string): T {
  const value = params[name]
  if (!value) throw new Error(`unet: missing parameter '${name}'`)
  return value as T
}

/** x W + b for x [N, C], with `kernel` [C, D] and `bias` [D]. */
export const linear = (params: Params, name: string, x: tf.Tensor2D): tf.Tensor2D =>
  tf.add(tf.matMul(x, parameter<tf.Tensor2D>(params, `${name}.kernel`)), parameter(params, `${name}.bias`))

/** A convolution with a `kernel` [k, k, C, D] of odd size, padded by half of it on every side, and a `bias` [D]. */
export function conv(params: Params, name: string, x: tf.Tensor4D, stride = 1): tf.Tensor4D {
  const kernel = parameter<tf.Tensor4D>(params, `${name}.kernel`)
  return tf.add(tf.conv2d(x, kernel, stride, (kernel.shape[0] - 1) / 2), parameter(params, `${name}.bias`))
}

/** Group normalisation with a learned `scale` [C] and `shift` [C]. */
export const norm = (params: Params, name: string, x: tf.Tensor4D, groups: number): tf.Tensor4D =>
  groupNorm(x, parameter(params, `${name}.scale`), parameter(params, `${name}.shift`), { groups })
