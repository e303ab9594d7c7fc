import type { Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { attention, groupNorm, silu } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { linear, norm, parameter } from '../blocks/layers.ts'
import { type CompleteUNetConfig, imageSize } from '../config/config.ts'
import type { specBuilder } from '../parameters.ts'
import type { NetworkPlan } from '../plan.ts'
import type { CompleteEncoderConfig } from './config.ts'

/** Width of the hidden layer of the spatial pools, and groups of its normalisation. */
const [hidden, hiddenGroups] = [2048, 32]

/** The layout of a pool. */
export interface PoolPlan {
  pool: CompleteEncoderConfig['pool']
  classes: number
  /** Channels of the middle. */
  channels: number
  /** Pixels of the middle. */
  pixels: number
  /** Channels of the first convolution, of each step down and of the middle, in sum. */
  features: number
  /** Heads of the pool's attention. */
  heads: number
}

/** Lays out the pool. @throws if heads do not divide the channels. */
export function poolPlan(
  { pool, classes }: CompleteEncoderConfig,
  whole: CompleteUNetConfig,
  plan: NetworkPlan,
): PoolPlan {
  const channels = plan.middle[1].to
  const [height, width] = imageSize(whole)
  const { attentionHeads, attentionHeadChannels } = whole
  const heads = attentionHeadChannels ? channels / attentionHeadChannels : (attentionHeads as number)
  if (pool === 'attention' && !(Number.isInteger(heads) && channels % heads === 0))
    throw new CascadeError(
      'input',
      `encoder: expected attention heads to divide the ${channels} channels of the pool, got ` +
        (attentionHeadChannels ? `heads of ${attentionHeadChannels} channels` : `${heads} heads`),
    )
  const given = plan.down.map((step) => (step.kind === 'residual' ? step.to : step.channels))
  const features = [whole.firstChannels, ...given, channels].reduce((sum, n) => sum + n, 0)
  const pixels = (height * width) / 4 ** (whole.channelMultipliers.length - 1)
  return { pool, classes, channels, pixels, features, heads }
}

/** Adds the parameters of the pool. */
export function poolSpecs(plan: PoolPlan, { specs, layer, norm }: ReturnType<typeof specBuilder>): void {
  const { pool, classes, channels, pixels, features } = plan
  if (pool === 'spatial' || pool === 'spatial_v2') {
    layer('pool.hidden', [features, hidden])
    if (pool === 'spatial_v2') norm('pool.norm', hidden)
    layer('pool.out', [hidden, classes])
    return
  }
  norm('pool.norm', channels)
  if (pool === 'attention') {
    specs['pool.positions.kernel'] = { shape: [pixels + 1, channels], start: 'normal', fanIn: channels }
    layer('pool.qkv', [channels, 3 * channels])
  }
  layer('pool.out', [channels, classes], pool === 'adaptive' ? 'zeros' : 'uniform')
}

/**
 * One vector for each image.
 * @param middle the output of the middle, [N, h, w, C].
 * @param skips the outputs of the first convolution and of each step down.
 * @returns [N, classes].
 */
export function pooled(
  params: Params<tf.Tensor>,
  whole: CompleteUNetConfig,
  plan: PoolPlan,
  middle: tf.Tensor4D,
  skips: readonly tf.Tensor4D[],
): tf.Tensor2D {
  if (plan.pool === 'spatial' || plan.pool === 'spatial_v2') {
    const means = [...skips, middle].map((x) => tf.mean(x, [1, 2]) as tf.Tensor2D)
    const h = linear(params, 'pool.hidden', tf.concat(means, 1))
    return linear(params, 'pool.out', plan.pool === 'spatial' ? tf.relu(h) : silu(normedRows(params, h)))
  }
  const h = silu(norm(params, 'pool.norm', middle, whole))
  const vector = plan.pool === 'adaptive' ? (tf.mean(h, [1, 2]) as tf.Tensor2D) : attended(params, plan, h)
  return linear(params, 'pool.out', vector)
}

/** Group normalisation of rows [N, C]. */
function normedRows(params: Params<tf.Tensor>, rows: tf.Tensor2D): tf.Tensor2D {
  const [n, channels] = rows.shape
  const [scale, shift] = [parameter(params, 'pool.norm.scale'), parameter(params, 'pool.norm.shift')]
  const images = tf.reshape(rows, [n, 1, 1, channels]) as tf.Tensor4D
  return tf.reshape(groupNorm(images, scale, shift, { groups: hiddenGroups }), [n, channels])
}

/**
 * Attention of the mean over all pixels to itself and to the pixels: [N, C]. The 3C channels of `qkv` have the order of
 * the attention of blocks.
 */
function attended(params: Params<tf.Tensor>, { channels, pixels, heads }: PoolPlan, x: tf.Tensor4D): tf.Tensor2D {
  const n = x.shape[0]
  const tokens = tf.reshape(x, [n, pixels, channels])
  const positioned = tf.add(
    tf.concat([tf.mean(tokens, 1, true), tokens], 1),
    parameter(params, 'pool.positions.kernel'),
  )
  const rows = tf.reshape(positioned, [n * (pixels + 1), channels]) as tf.Tensor2D
  const qkv = tf.reshape(linear(params, 'pool.qkv', rows), [n, pixels + 1, heads, (3 * channels) / heads])
  const [q, k, v] = tf.split(tf.transpose(qkv, [0, 2, 1, 3]), 3, 3) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const first = tf.slice(q, [0, 0, 0, 0], [n, heads, 1, channels / heads])
  return tf.reshape(attention(first, k, v), [n, channels])
}
