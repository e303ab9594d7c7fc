import type { Params } from '@cascade-diffusion/arrays'
import { attention } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import type { CompleteUNetConfig } from '../config/config.ts'
import type { ResidualStep } from '../plan.ts'
import { linear, norm } from './layers.ts'

/**
 * Self-attention over all pixels, added to its input. The 3C channels of `qkv` are ordered by head, then query, key and
 * value, then channel within the head.
 * @param step the residual block that it follows, whose `attention` is there.
 * @param x [N, H, W, C].
 */
export function attentionBlock(
  params: Params<tf.Tensor>,
  config: CompleteUNetConfig,
  { name: block, attention: given, scale }: ResidualStep,
  x: tf.Tensor4D,
): tf.Tensor4D {
  const name = `${block}.attention`
  const { heads, norm: normalised } = given as NonNullable<ResidualStep['attention']>
  const [n, height, width, channels] = x.shape
  const pixels = height * width
  const input = normalised ? norm(params, `${name}.norm`, x, config) : x
  const rows = tf.reshape(input, [n * pixels, channels]) as tf.Tensor2D
  const qkv = tf.reshape(linear(params, `${name}.qkv`, rows), [n, pixels, heads, (3 * channels) / heads])
  const [q, k, v] = tf.split(tf.transpose(qkv, [0, 2, 1, 3]), 3, 3) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const attended = tf.reshape(tf.transpose(attention(q, k, v), [0, 2, 1, 3]), [n * pixels, channels]) as tf.Tensor2D
  const sum = tf.add(
    x,
    tf.reshape(linear(params, `${name}.out`, attended), [n, height, width, channels]),
  ) as tf.Tensor4D
  return scale === 1 ? sum : tf.mul(sum, scale)
}
