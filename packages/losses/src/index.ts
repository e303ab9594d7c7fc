export {
  type BitsPerDim,
  type BitsPerDimEvaluator,
  type BitsPerDimOptions,
  bitsPerDim,
  type EvaluateBitsOptions,
} from './bits-per-dim.ts'
export type { ExampleLoss, LossContext } from './by-name/example-loss.ts'
export type { HybridLossConfig } from './by-name/hybrid-loss.ts'
export type { KlLossConfig } from './by-name/kl-loss.ts'
export { defaultLoss, type LossConfig, losses, lossOf } from './by-name/loss-table.ts'
export type { ErrorConfig, SimpleLossConfig } from './by-name/simple-loss.ts'
export {
  type EdmConfig,
  type MinSnrConfig,
  type P2Config,
  type WeightingConfig,
  weightingOf,
  weightings,
} from './by-name/weighting-table.ts'
export { type CascadeElbo, cascadeElbo } from './cascade-elbo.ts'
export {
  type ClassifierLossInput,
  type ClassifierModel,
  classifierLoss,
  classifierLossPerExample,
  labelLogProbability,
  type NoisyClassifier,
} from './classifier.ts'
export { discretizedGaussianLogLikelihood, gaussianKl } from './gaussians.ts'
export { type HybridLosses, type HybridLossOptions, hybridLoss, hybridLossPerExample } from './hybrid.ts'
export { averageLoss, type LossInput } from './loss-input.ts'
export { priorBits } from './prior.ts'
export { type SimpleLossOptions, simpleLoss, simpleLossPerExample } from './simple.ts'
export { type KlLossOptions, klLoss, klLossPerExample, type VlbTerm, vlbTerm } from './vlb.ts'
export { edm, minSnr, type P2Options, p2, type Weighting } from './weightings.ts'
