export type { ConditioningAugmentation } from '@cascade-diffusion/conditioning-augmentation'
export {
  classifierLogProbability,
  type LoadedClassifier,
  loadClassifier,
  type TrainedClassifier,
} from './classifier/load-classifier.ts'
export {
  type ClassifierDescription,
  type TrainClassifierOptions,
  trainClassifier,
} from './classifier/train-classifier.ts'
export { type CascadeSampleOptions, type CascadeSampler, cascadeSampler } from './sampling/cascade-sampler.ts'
export type { Labels } from './sampling/check-conditions.ts'
export { type LevelCandidate, type SearchLevelsOptions, searchLevels } from './sampling/search-levels.ts'
export {
  type ClassifierGuidance,
  type GuidanceConfig,
  type StageSampleOptions,
  type StageSampler,
  type StageSamplerOptions,
  stageSampler,
} from './sampling/stage-sampler.ts'
export type { AugmentationConfig, GaussianNoiseConfig, NoAugmentationConfig } from './stage/augmentation-config.ts'
export { augmentationOf } from './stage/augmentation-config.ts'
export { describedStage, type LoadStageOptions, loadStage, type TrainedStage } from './stage/load-stage.ts'
export { type ProcessConfig, processOf, type ScheduleConfig, scheduleOf } from './stage/process-config.ts'
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
} from './stage/stage.ts'
export { type TrainStageOptions, trainStage } from './training/train-stage.ts'
export type {
  HybridLossConfig,
  KlLossConfig,
  LossConfig,
  NoiseLevelsConfig,
  SimpleLossConfig,
  TrainingObjective,
  WeightingConfig,
} from './training/training-objective.ts'
export type { TrainingRun } from './training/training-run.ts'
