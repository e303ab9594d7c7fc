// What browsers get in place of index.ts: cascades are read from URLs and sampled. Training, searches and files need Node.js.

export {
  type Cascade,
  type CascadeStage,
  chosenLevels,
  type DiffusionCascadeStage,
  isDiffusionStage,
  type PlainCascadeStage,
} from './cascade/cascade.ts'
export type { AnyStage } from './cascade/check-chain.ts'
export { type ReadCascadeOptions, type ReadCascadeStageOptions, readCascade } from './cascade/read-cascade.ts'
export { writtenStage } from './cascade/read-weights.ts'
export { savedLevels } from './cascade/saved-levels.ts'
export { type StageSampling, stageSamplingSchema } from './cascade/stage-sampling.ts'
export { type SamplingChanges, withSampling } from './cascade/with-sampling.ts'
export { classifierLogProbability, type TrainedClassifier } from './classifier/trained-classifier.ts'
export {
  type FunctionStageOptions,
  type ImagesFunction,
  type ImagesRequest,
  type ImagesStage,
  imagesStage,
  type SourceStageOptions,
} from './kinds/images-stage.ts'
export type { ResampleMethod } from './kinds/resample-images.ts'
export { type ResampleStage, type ResampleStageOptions, resampleStage } from './kinds/resample-stage.ts'
export {
  type CascadeBits,
  type CascadeBitsOptions,
  cascadeBits,
  type StageBits,
} from './likelihood/cascade-bits.ts'
export { type CascadeSampler, type CascadeSamplerOptions, cascadeSampler } from './sampling/cascade/cascade-sampler.ts'
export { fitImage } from './sampling/cascade/fit-image.ts'
export type { CascadeBatch, CascadeSampleOptions, StageLevel } from './sampling/cascade/options.ts'
export { needsClass, type TakingStage, takingStage, takingStages } from './sampling/cascade/taking-stage.ts'
export type { ClassifierGuidanceConfig } from './sampling/guidance/classifier.ts'
export type { ClassifierFreeConfig } from './sampling/guidance/classifier-free.ts'
export { type GuidanceConfig, guidances } from './sampling/guidance/guidance-table.ts'
export type { GuidanceContext, GuidedModel } from './sampling/guidance/guided-model.ts'
export type { Labels } from './sampling/stage/check-conditions.ts'
export type { StepsConfig } from './sampling/stage/sampled-steps.ts'
export {
  type SamplingChoices,
  type StageSampleOptions,
  type StageSampler,
  type StageSamplerOptions,
  stageSampler,
} from './sampling/stage/stage-sampler.ts'
export { type LowerStage, truncatedStop } from './sampling/stage/truncated-stop.ts'
export { describedStage, type LoadStageOptions, type TrainedStage } from './stage/described-stage.ts'
export { migrateStage } from './stage/migrate-stage.ts'
export {
  type BaseStage,
  baseStage,
  isLarger,
  type Stage,
  type SuperResolutionStage,
  superResolutionStage,
} from './stage/stage.ts'
export type {
  BaseStageOptions,
  CustomAugmentation,
  StageDescription,
  StageUNetConfig,
  SuperResolutionStageOptions,
} from './stage/stage-config.ts'
export type { StageNetwork } from './stage/stage-network.ts'
export { stageSchemas } from './stage/stage-schema.ts'
export type { LogNormalConfig } from './training/noise-levels/log-normal.ts'
export type { LossSecondMomentConfig } from './training/noise-levels/loss-second-moment.ts'
export type { DrawnLevels, NoiseLevelSampler, NoiseLevelsContext } from './training/noise-levels/noise-level-sampler.ts'
export { type NoiseLevelsConfig, noiseLevels } from './training/noise-levels/noise-levels-table.ts'
export type { PiecewiseUniformConfig } from './training/noise-levels/piecewise-uniform.ts'
export type { UniformConfig } from './training/noise-levels/uniform.ts'
export type { TrainingObjective } from './training/training-objective.ts'
