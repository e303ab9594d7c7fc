import type { Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { groupNorm } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import type { CompleteUNetConfig } from '../config/config.ts'

/** @throws if the parameter is missing. */
export function parameter<T extends tf.Tensor>(params: Params<tf.Tensor>, name: string): T {
  const value = params[name]
  if (!value) throw new CascadeError('input', `unet: missing parameter '${name}'`)
  return value as T
}

/** x W + b for x [N, C], with `kernel` [C, D] and `bias` [D]. */
export const linear = (params: Params<tf.Tensor>, name: string, x: tf.Tensor2D): tf.Tensor2D =>
  tf.add(tf.matMul(x, parameter<tf.Tensor2D>(params, `${name}.kernel`)), parameter(params, `${name}.bias`))

/**
 * A convolution with a `kernel` [k, k, C, D] of odd size and a `bias` [D]. The padding is half the size on every side,
 * or that of TensorFlow's 'same'.
 */
export function conv(
  params: Params<tf.Tensor>,
  name: string,
  x: tf.Tensor4D,
  stride = 1,
  padding?: 'same',
): tf.Tensor4D {
  const kernel = parameter<tf.Tensor4D>(params, `${name}.kernel`)
  const pad = padding ?? (kernel.shape[0] - 1) / 2
  return tf.add(tf.conv2d(x, kernel, stride, pad), parameter(params, `${name}.bias`))
}

/** Group normalisation with a learned `scale` [C] and `shift` [C]. */
export const norm = (
  params: Params<tf.Tensor>,
  name: string,
  x: tf.Tensor4D,
  { normGroups: groups, normEpsilon: epsilon }: Pick<CompleteUNetConfig, 'normGroups' | 'normEpsilon'>,
): tf.Tensor4D =>
  groupNorm(x, parameter(params, `${name}.scale`), parameter(params, `${name}.shift`), { groups, epsilon })
