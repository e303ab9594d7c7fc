import type { Params } from '@cascade-diffusion/arrays'
import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { recomputedBlock, residualBlock } from '../blocks/blocks.ts'
import { checkInputs, checkParams, type UNetCondition } from '../condition.ts'
import { blockCondition, contract } from '../contract.ts'
import { initialParams } from '../init.ts'
import { contractionSpecs, specBuilder } from '../parameters.ts'
import { planOf } from '../plan.ts'
import type { UNetOptions } from '../unet.ts'
import { type CompleteEncoderConfig, completeEncoderConfig, type EncoderConfig } from './config.ts'
import { pooled, poolPlan, poolSpecs } from './pool.ts'

/** An encoder as a function of its weights. */
export interface Encoder {
  /** The configuration with its defaults filled in. */
  readonly config: CompleteEncoderConfig
  /** The shape of each weight, in the order in which the network uses them. */
  readonly parameterShapes: Readonly<Record<string, readonly number[]>>
  /**
   * Initial weights, distributed as in PyTorch. The last layer of each residual branch, of each attention and of the
   * `adaptive` pool is zero. A weight depends on `rng` and its own name only.
   */
  init(rng: Rng): Params<NDArray<'float32'>>
  /**
   * The vectors [N, classes], such as logits, of the images `xt` [N, H, W, imageChannels] at the times `noise` [N].
   * @throws if an input is not a tensor, its type or shape does not fit the configuration, or a weight is missing.
   */
  apply(params: Params<Tensor>, xt: Tensor4D, noise: Tensor1D, condition?: Pick<UNetCondition, 'dropout'>): Tensor2D
}

/**
 * The first half of a U-Net with one vector for each image as its output: the classifier of noisy images of ADM
 * (Dhariwal & Nichol 2021, Section 4), which guides samplers. At time 0 it classifies clean images.
 * @throws if the configuration does not fit together.
 */
export function encoder(given: EncoderConfig, { recompute = false }: UNetOptions = {}): Encoder {
  const { config, whole } = completeEncoderConfig(given)
  const plan = planOf(whole)
  const pool = poolPlan(config, whole, plan)
  const build = specBuilder()
  contractionSpecs(whole, plan, build)
  poolSpecs(pool, build)
  const specs = Object.entries(build.specs)
  const parameterShapes = Object.fromEntries(specs.map(([name, { shape }]) => [name, shape]))
  return {
    config,
    parameterShapes,
    init: (rng) => initialParams(specs, rng),
    apply(params, xt, noise, condition = {}) {
      checkInputs(whole, xt, noise, condition)
      checkParams(parameterShapes, params)
      const call = { params, config: whole, plan, block: recompute ? recomputedBlock : residualBlock }
      const { middle, skips } = contract(call, xt, blockCondition(call, noise, condition))
      return pooled(params, whole, pool, middle, skips)
    },
  }
}

/** The number of weights of an encoder. @throws as {@link encoder}. */
export const encoderParameterCount = (config: EncoderConfig): number =>
  Object.values(encoder(config).parameterShapes).reduce((count, shape) => count + sizeOf(shape), 0)
