export {
  type PresetStageOptions,
  type PresetTraining,
  pipelineCascade,
  presetNetwork,
  presetSampling,
  presetStage,
  presetTraining,
} from './build.ts'
export {
  imagenet16,
  imagenet16To64,
  imagenet32,
  imagenet32To64,
  imagenet64,
  imagenet64To128,
  imagenet64To256,
} from './imagenet.ts'
export { lsun64, lsun64To128 } from './lsun.ts'
export { type Pipeline, pipelineNamed, pipelines, presetNamed, presets } from './pipelines.ts'
export type {
  BasePreset,
  InferenceSettings,
  Preset,
  SizedNetwork,
  SuperResolutionPreset,
  TrainingSettings,
} from './preset.ts'
export { type ShrunkOptions, shrunk } from './shrunk.ts'
