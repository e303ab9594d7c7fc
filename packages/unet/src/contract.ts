import type { Params } from '@cascade-diffusion/arrays'
import { silu } from '@cascade-diffusion/ops'
import type * as tf from '@tensorflow/tfjs-core'
import { type BlockCondition, resample, type residualBlock } from './blocks/blocks.ts'
import { embed } from './blocks/embeddings.ts'
import { conv } from './blocks/layers.ts'
import type { UNetCondition } from './condition.ts'
import type { CompleteUNetConfig } from './config/config.ts'
import type { NetworkPlan } from './plan.ts'

/** One call of a network. */
export interface NetworkCall {
  readonly params: Params<tf.Tensor>
  readonly config: CompleteUNetConfig
  readonly plan: NetworkPlan
  /** Computes a residual block. */
  readonly block: typeof residualBlock
}

/** What the residual blocks are conditioned on. */
export const blockCondition = (
  { params, config, plan }: NetworkCall,
  noise: tf.Tensor1D,
  condition: UNetCondition,
): BlockCondition => ({
  // Every block applies SiLU to the embedding first: once will do.
  activated: silu(embed(params, config, plan, noise, condition)),
  seeds: config.dropout > 0 ? condition.dropout : undefined,
})

/**
 * The half of the network that U-Nets and encoders share: the first convolution, the way down and the middle.
 * @returns the output of the middle, and the outputs of the first convolution and of each step down.
 */
export function contract(
  { params, config, plan, block }: NetworkCall,
  input: tf.Tensor4D,
  condition: BlockCondition,
): { middle: tf.Tensor4D; skips: tf.Tensor4D[] } {
  let h = conv(params, 'input', input)
  const skips = [h]
  for (const step of plan.down) {
    h = step.kind === 'residual' ? block(params, config, step, h, condition) : resample(params, config, step, h)
    skips.push(h)
  }
  for (const step of plan.middle) h = block(params, config, step, h, condition)
  return { middle: h, skips }
}
