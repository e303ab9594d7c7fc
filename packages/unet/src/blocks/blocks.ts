import type { Params } from '@cascade-diffusion/arrays'
import { dropout, groupNorm, recompute, silu, upsampleNearest2x } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import type { CompleteUNetConfig } from '../config/config.ts'
import type { ResampleStep, ResidualStep } from '../plan.ts'
import { attentionBlock } from './attention-block.ts'
import { conv, linear, norm, parameter } from './layers.ts'

/** What a residual block is conditioned on. */
export interface BlockCondition {
  /** The embedding after SiLU, [N, E]. */
  activated: tf.Tensor2D
  /** Seeds of the dropout, int32 [N]; without them nothing is dropped. */
  seeds: tf.Tensor1D | undefined
}

/**
 * A residual block, which may change the resolution by 2, and the attention that may follow it.
 * @param x [N, H, W, from].
 * @returns [N, H, W, to], with H and W halved or doubled if the block resamples.
 */
export function residualBlock(
  params: Params<tf.Tensor>,
  config: CompleteUNetConfig,
  step: ResidualStep,
  x: tf.Tensor4D,
  { activated, seeds }: BlockCondition,
): tf.Tensor4D {
  const { name, from, to } = step
  const embedding = linear(params, `${name}.embedding`, activated)
  const first = resampled(step, silu(norm(params, `${name}.norm1`, x, config)))
  let h = conv(params, `${name}.conv1`, first) as tf.Tensor4D
  if (config.scaleShiftNorm) {
    const [scale, shift] = tf.split(embedding, 2, 1) as [tf.Tensor2D, tf.Tensor2D]
    h = scaleShiftNorm(params, `${name}.norm2`, h, scale, shift, config)
  } else {
    h = norm(params, `${name}.norm2`, tf.add(h, tf.reshape(embedding, [-1, 1, 1, to])), config)
  }
  const second = silu(h)
  const dropped = seeds ? dropout(second, seeds, { rate: config.dropout, layer: step.index }) : second
  h = conv(params, `${name}.conv2`, dropped)
  const skip = resampled(step, x)
  const sum = tf.add(from === to ? skip : conv(params, `${name}.skip`, skip), h) as tf.Tensor4D
  const y: tf.Tensor4D = step.scale === 1 ? sum : tf.mul(sum, step.scale)
  return step.attention ? attentionBlock(params, config, step, y) : y
}

/** The same block; gradients keep only its inputs and compute the rest again. */
export const recomputedBlock: typeof residualBlock = (params, config, step, x, { activated, seeds }) => {
  const names = Object.keys(params).filter((name) => name.startsWith(`${step.name}.`))
  const weights = names.map((name) => parameter(params, name))
  const named = (tensors: readonly tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))
  // The seeds are an argument too, or compilers would keep the mask.
  const block = (...[input, embedding, ...rest]: tf.Tensor[]) =>
    residualBlock(named(rest), config, step, input as tf.Tensor4D, {
      activated: embedding as tf.Tensor2D,
      seeds: seeds && (rest[names.length] as tf.Tensor1D),
    })
  return recompute(block)(x, activated, ...weights, ...(seeds ? [seeds] : [])) as tf.Tensor4D
}

/** norm(x) · (1 + scale) + shift, with the scale and shift of each image folded into the normalisation's own. */
function scaleShiftNorm(
  params: Params<tf.Tensor>,
  name: string,
  x: tf.Tensor4D,
  scale: tf.Tensor,
  shift: tf.Tensor,
  { normGroups: groups, normEpsilon: epsilon }: CompleteUNetConfig,
) {
  const factor = tf.add(scale, 1)
  const folded = tf.add(tf.mul(parameter(params, `${name}.shift`), factor), shift)
  return groupNorm(x, tf.mul(parameter(params, `${name}.scale`), factor), folded, { groups, epsilon })
}

/** A block that changes the resolution does so on both of its branches. */
function resampled({ resample }: ResidualStep, x: tf.Tensor4D): tf.Tensor4D {
  if (resample === undefined) return x
  return resample === 'down' ? tf.avgPool(x, 2, 2, 'valid') : upsampleNearest2x(x)
}

/** Halves or doubles the resolution; see {@link UNetConfig.resampling}. */
export function resample(
  params: Params<tf.Tensor>,
  { downsamplePadding }: Pick<CompleteUNetConfig, 'downsamplePadding'>,
  step: ResampleStep,
  x: tf.Tensor4D,
): tf.Tensor4D {
  if (step.kind === 'upsample') {
    const larger = upsampleNearest2x(x)
    return step.conv ? conv(params, step.name, larger) : larger
  }
  if (!step.conv) return tf.avgPool(x, 2, 2, 'valid')
  // For a stride of 2 and an even size, TensorFlow's 'same' pads after the image only.
  return conv(params, step.name, x, 2, downsamplePadding === 'after' ? 'same' : undefined)
}
