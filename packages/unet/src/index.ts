export { closeOver, type WeightedNetwork } from './close-over.ts'
export type { UNetCondition } from './condition.ts'
export type {
  CompleteUNetConfig,
  ImageSides,
  LowResConfig,
  NoiseEmbedding,
  Resampling,
  UNetConfig,
  WithoutDefault,
} from './config/config.ts'
export { migrateNetwork } from './config/migrate.ts'
export { unetEntries, unetSchema } from './config/unet-schema.ts'
export type { CompleteEncoderConfig, EncoderConfig, Pool } from './encoder/config.ts'
export { encoderSchema } from './encoder/config.ts'
export { type Encoder, encoder, encoderParameterCount } from './encoder/encoder.ts'
export { type DiffusersOptions, fromDiffusers, toDiffusers } from './names/diffusers.ts'
export type { DiffusersConfig } from './names/diffusers-config.ts'
export { type FromDiffusersConfig, fromDiffusersConfig } from './names/from-diffusers-config.ts'
export { fromGuidedClassifier, toGuidedClassifier } from './names/guided-classifier.ts'
export { fromGuidedDiffusion, type GuidedDiffusionOptions, toGuidedDiffusion } from './names/guided-diffusion.ts'
export { fromImprovedDiffusion, toImprovedDiffusion } from './names/improved-diffusion.ts'
export type { AttentionOrder } from './names/openai.ts'
export { guidedClassifierConfig } from './names/openai-flags/classifier.ts'
export type { OpenAIFamily, OpenAIFlags } from './names/openai-flags/flags.ts'
export {
  guidedDiffusionConfig,
  improvedDiffusionConfig,
  type OpenAINetwork,
  type OpenAINetworkOptions,
} from './names/openai-flags/network.ts'
export { readOpenAIFlags } from './names/openai-flags/read-flags.ts'
export { toDiffusersConfig } from './names/to-diffusers-config.ts'
export { type FormatSummaryOptions, formatSummary } from './summary/format-summary.ts'
export { type LayerSummary, type NetworkSummary, summary } from './summary/summary.ts'
export { parameterCount, type UNet, type UNetOptions, unet } from './unet.ts'
