import type { Params } from '@cascade-diffusion/arrays'
import { silu } from '@cascade-diffusion/ops'
import type * as tf from '@tensorflow/tfjs-core'
import { resample, type residualBlock, type Told } from './blocks.ts'
import type { UNetCondition } from './condition.ts'
import type { CompleteUNetConfig } from './config.ts'
import { embed } from './embeddings.ts'
import { conv } from './layers.ts'
import type { Plan } from './plan.ts'

/** What all residual blocks are told. */
export const toldBlocks = (
  params: Params<tf.Tensor>,
  config: CompleteUNetConfig,
  plan: Plan,
  noise: tf.Tensor1D,
  condition: UNetCondition,
): Told => ({
  // Every block applies SiLU to the embedding first: once will do.
  activated: silu(embed(params, config, plan, noise, condition)),
  seeds: config.dropout > 0 ? condition.dropout : undefined,
})

/**
 * The half of the network that U-Nets and encoders share: the first convolution, the way down and the middle.
 * @returns what the middle gives, and what the first convolution and each step down give.
 */
export function contract(
  params: Params<tf.Tensor>,
  config: CompleteUNetConfig,
  plan: Plan,
  block: typeof residualBlock,
  input: tf.Tensor4D,
  told: Told,
): { middle: tf.Tensor4D; skips: tf.Tensor4D[] } {
  let h = conv(params, 'input', input)
  const skips = [h]
  for (const step of plan.down) {
    h = step.kind === 'residual' ? block(params, config, step, h, told) : resample(params, config, step, h)
    skips.push(h)
  }
  for (const step of plan.middle) h = block(params, config, step, h, told)
  return { middle: h, skips }
}
