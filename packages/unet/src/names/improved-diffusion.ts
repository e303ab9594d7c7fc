import type { NDArray, Params } from '@cascade-diffusion/arrays'
import type { UNetConfig } from '../config/config.ts'
import { planOf } from '../plan.ts'
import { unet } from '../unet.ts'
import { expectFamily, openAIFamily } from './family.ts'
import { openAILayers, openAIPieces } from './openai.ts'
import { fromPieces, toPieces } from './state-dict.ts'

/**
 * Weights of a `UNetModel` or `SuperResModel` of openai/improved-diffusion: the state dict of its PyTorch checkpoint
 * under our names and in our layouts.
 * @param stateDict arrays by PyTorch name.
 * @param config the same network. {@link improvedDiffusionConfig} makes it from the flags of training.
 * @throws if names are missing or unexpected, a shape differs, or that family cannot have this `config`.
 */
export function fromImprovedDiffusion(stateDict: Params<NDArray>, config: UNetConfig): Params<NDArray<'float32'>> {
  const { pieces, shapes } = improvedDiffusion('fromImprovedDiffusion', config)
  return fromPieces('fromImprovedDiffusion', pieces, shapes, stateDict)
}

/**
 * The state dict of improved-diffusion for our weights: the inverse of {@link fromImprovedDiffusion}.
 * @throws as that does.
 */
export function toImprovedDiffusion(params: Params<NDArray>, config: UNetConfig): Record<string, NDArray<'float32'>> {
  const { pieces, shapes } = improvedDiffusion('toImprovedDiffusion', config)
  return toPieces('toImprovedDiffusion', pieces, shapes, params)
}

function improvedDiffusion(name: string, given: UNetConfig) {
  const { config, parameterShapes: shapes } = unet(given)
  const family = { ...openAIFamily(config), attentionHeadChannels: undefined, resampling: 'conv' }
  expectFamily(name, 'improved-diffusion', config, family)
  const plan = planOf(config)
  return { shapes, pieces: openAIPieces(shapes, openAILayers(plan), [], 'legacy') }
}
