import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError, checkOneOf, checkOptions } from '@cascade-diffusion/checks'
import type { UNetConfig } from '../config/config.ts'
import { planOf } from '../plan.ts'
import { unet } from '../unet.ts'
import { expectFamily, openAIFamily } from './family.ts'
import { type AttentionOrder, attentionOrders, openAILayers, openAIPieces } from './openai.ts'
import { fromPieces, toPieces } from './state-dict.ts'

/** What a state dict of guided-diffusion leaves open. */
export interface GuidedDiffusionOptions {
  /** `new` if the network was made with `use_new_attention_order`. Default `legacy`. */
  attentionOrder?: AttentionOrder
}

/** The order of attention that options name. @throws if there is no such order. */
export function attentionOrderOf(name: string, options: GuidedDiffusionOptions): AttentionOrder {
  checkOptions(name, options, { attentionOrder: true })
  return checkOneOf(name, 'attentionOrder', options.attentionOrder ?? 'legacy', attentionOrders)
}

/**
 * Weights of a `UNetModel` or `SuperResModel` of openai/guided-diffusion (ADM): the state dict of its PyTorch
 * checkpoint under our names and in our layouts.
 * @param stateDict arrays by PyTorch name.
 * @param config the same network. {@link guidedDiffusionConfig} makes it from the flags of training.
 * @throws if names are missing or unexpected, a shape differs, or that family cannot have this `config`.
 */
export function fromGuidedDiffusion(
  stateDict: Params<NDArray>,
  config: UNetConfig,
  options: GuidedDiffusionOptions = {},
): Params<NDArray<'float32'>> {
  const { pieces, shapes } = guidedDiffusion('fromGuidedDiffusion', config, options)
  return fromPieces('fromGuidedDiffusion', pieces, shapes, stateDict)
}

/**
 * The state dict of guided-diffusion for our weights: the inverse of {@link fromGuidedDiffusion}.
 * @throws as that does.
 */
export function toGuidedDiffusion(
  params: Params<NDArray>,
  config: UNetConfig,
  options: GuidedDiffusionOptions = {},
): Record<string, NDArray<'float32'>> {
  const { pieces, shapes } = guidedDiffusion('toGuidedDiffusion', config, options)
  return toPieces('toGuidedDiffusion', pieces, shapes, params)
}

function guidedDiffusion(name: string, given: UNetConfig, options: GuidedDiffusionOptions) {
  const attentionOrder = attentionOrderOf(name, options)
  const { config, parameterShapes: shapes } = unet(given)
  expectFamily(name, 'guided-diffusion', config, openAIFamily(config))
  if (typeof config.resampling !== 'string')
    throw new CascadeError('input', `${name}: networks of guided-diffusion have one kind of resampling for all levels`)
  const plan = planOf(config)
  const steps = [...plan.down, ...plan.middle, ...plan.up]
  return { shapes, pieces: openAIPieces(shapes, openAILayers(plan), steps, attentionOrder) }
}
