import { attention, groupNorm, recompute, silu, upsampleNearest2x } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import type { CompleteUNetConfig } from './config.ts'
import { conv, linear, norm, type Params, parameter } from './layers.ts'
import type { ResampleStep, ResidualStep } from './plan.ts'

/**
 * A residual block, and the attention that may follow it.
 * @param x [N, H, W, from].
 * @param activated [N, E], the embedding after SiLU.
 * @returns [N, H, W, to].
 */
export function residualBlock(
  params: Params,
  config: CompleteUNetConfig,
  { name, from, to, attention }: ResidualStep,
  x: tf.Tensor4D,
  activated: tf.Tensor2D,
): tf.Tensor4D {
  const groups = config.normGroups
  const embedding = linear(params, `${name}.embedding`, activated)
  let h = conv(params, `${name}.conv1`, silu(norm(params, `${name}.norm1`, x, groups)))
  if (config.scaleShiftNorm) {
    const [scale, shift] = tf.split(embedding, 2, 1) as [tf.Tensor2D, tf.Tensor2D]
    h = scaleShiftNorm(params, `${name}.norm2`, h, scale, shift, groups)
  } else {
    h = norm(params, `${name}.norm2`, tf.add(h, tf.reshape(embedding, [-1, 1, 1, to])), groups)
  }
  h = conv(params, `${name}.conv2`, silu(h))
  const y = tf.add(from === to ? x : conv(params, `${name}.skip`, x), h) as tf.Tensor4D
  return attention ? attentionBlock(params, `${name}.attention`, y, config) : y
}

/** The same block, of which gradients keep the inputs only. */
export const recomputedBlock: typeof residualBlock = (params, config, step, x, activated) => {
  const names = Object.keys(params).filter((name) => name.startsWith(`${step.name}.`))
  const block = (input: tf.Tensor, embedding: tf.Tensor, ...weights: tf.Tensor[]) =>
    residualBlock(
      Object.fromEntries(names.map((name, i) => [name, weights[i] as tf.Tensor])),
      config,
      step,
      input as tf.Tensor4D,
      embedding as tf.Tensor2D,
    )
  return recompute(block)(x, activated, ...names.map((name) => parameter(params, name))) as tf.Tensor4D
}

/** norm(x) · (1 + scale) + shift, with the scale and shift of each image folded into the normalisation's own. */
function scaleShiftNorm(
  params: Params,
  name: string,
  x: tf.Tensor4D,
  scale: tf.Tensor,
  shift: tf.Tensor,
  groups: number,
) {
  const factor = tf.add(scale, 1)
  const folded = tf.add(tf.mul(parameter(params, `${name}.shift`), factor), shift)
  return groupNorm(x, tf.mul(parameter(params, `${name}.scale`), factor), folded, { groups })
}

/**
 * Self-attention over all pixels, added to its input. The 3C channels of `qkv` are ordered by head, then query, key and
 * value, then channel within the head.
 */
function attentionBlock(
  params: Params,
  name: string,
  x: tf.Tensor4D,
  { attentionHeads: heads, normGroups }: Pick<CompleteUNetConfig, 'attentionHeads' | 'normGroups'>,
): tf.Tensor4D {
  const [n, height, width, channels] = x.shape
  const pixels = height * width
  const rows = tf.reshape(norm(params, `${name}.norm`, x, normGroups), [n * pixels, channels]) as tf.Tensor2D
  const qkv = tf.reshape(linear(params, `${name}.qkv`, rows), [n, pixels, heads, (3 * channels) / heads])
  const [q, k, v] = tf.split(tf.transpose(qkv, [0, 2, 1, 3]), 3, 3) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const attended = tf.reshape(tf.transpose(attention(q, k, v), [0, 2, 1, 3]), [n * pixels, channels]) as tf.Tensor2D
  return tf.add(x, tf.reshape(linear(params, `${name}.out`, attended), [n, height, width, channels]))
}

/** Halves the resolution by a convolution of stride 2, or doubles it by repeating pixels before a convolution. */
export const resample = (params: Params, { kind, name }: ResampleStep, x: tf.Tensor4D): tf.Tensor4D =>
  kind === 'downsample' ? conv(params, name, x, 2) : conv(params, name, upsampleNearest2x(x))
