export { closeOver, type WeightedNetwork } from './close-over.ts'
export type { UNetCondition } from './condition.ts'
export type {
  CompleteUNetConfig,
  LowResConfig,
  NoiseEmbedding,
  Resampling,
  UNetConfig,
  WithoutDefault,
} from './config.ts'
export type { CompleteEncoderConfig, EncoderConfig, Pool } from './encoder/config.ts'
export { type Encoder, encoder, encoderParameterCount } from './encoder/encoder.ts'
export { type FormatSummaryOptions, formatSummary } from './format-summary.ts'
export { type DiffusersOptions, fromDiffusers, toDiffusers } from './names/diffusers.ts'
export type { DiffusersConfig } from './names/diffusers-config.ts'
export { FlagReader, type OpenAiFlags } from './names/flag-reader.ts'
export { type FromDiffusersConfig, fromDiffusersConfig } from './names/from-diffusers-config.ts'
export { fromGuidedClassifier, toGuidedClassifier } from './names/guided-classifier.ts'
export { type FromClassifierFlags, guidedClassifierConfig } from './names/guided-classifier-flags.ts'
export { fromGuidedDiffusion, type GuidedDiffusionOptions, toGuidedDiffusion } from './names/guided-diffusion.ts'
export { fromImprovedDiffusion, toImprovedDiffusion } from './names/improved-diffusion.ts'
export type { AttentionOrder } from './names/openai.ts'
export {
  type FromOpenAiFlags,
  guidedDiffusionConfig,
  improvedDiffusionConfig,
  type OpenAiFlagsOptions,
} from './names/openai-flags.ts'
export { toDiffusersConfig } from './names/to-diffusers-config.ts'
export { type LayerSummary, type NetworkSummary, summary } from './summary.ts'
export { parameterCount, type UNet, type UNetOptions, unet } from './unet.ts'
