export type { ConditioningAugmentation } from '@cascade-diffusion/conditioning-augmentation'
export type { AugmentationConfig, GaussianNoiseConfig, NoAugmentationConfig } from './augmentation-config.ts'
export { augmentationOf } from './augmentation-config.ts'
export { type CascadeSampleOptions, type CascadeSampler, cascadeSampler } from './cascade-sampler.ts'
export type { Labels } from './check-conditions.ts'
export {
  classifierLogProbability,
  type LoadedClassifier,
  loadClassifier,
  type TrainedClassifier,
} from './load-classifier.ts'
export { describedStage, type LoadStageOptions, loadStage, type TrainedStage } from './load-stage.ts'
export { type ProcessConfig, processOf, type ScheduleConfig, scheduleOf } from './process-config.ts'
export { type LevelResult, type SearchLevelsOptions, searchLevels } from './search-levels.ts'
export {
  type BaseStage,
  type BaseStageOptions,
  baseStage,
  type OwnAugmentation,
  type Stage,
  type StageDescription,
  type StageNetwork,
  type StageUNetConfig,
  type SuperResolutionStage,
  type SuperResolutionStageOptions,
  superResolutionStage,
} from './stage.ts'
export {
  type ClassifierGuidance,
  type GuidanceConfig,
  type StageSampleOptions,
  type StageSampler,
  type StageSamplerOptions,
  stageSampler,
} from './stage-sampler.ts'
export { type ClassifierDescription, type TrainClassifierOptions, trainClassifier } from './train-classifier.ts'
export { type TrainStageOptions, trainStage } from './train-stage.ts'
export type {
  HybridLossConfig,
  KlLossConfig,
  LossConfig,
  NoiseLevelsConfig,
  SimpleLossConfig,
  TrainingObjective,
  WeightingConfig,
} from './training-objective.ts'
export type { TrainingRun } from './training-run.ts'
