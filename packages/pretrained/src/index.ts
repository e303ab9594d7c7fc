export type { SavedModelOptions } from './diffusers/saved-model.ts'
export { fromSchedulerConfig, toSchedulerConfig } from './diffusers/scheduler.ts'
export {
  type FromPretrainedOptions,
  fromPretrained,
  type Pretrained,
  type PretrainedClassifier,
  type PretrainedStage,
  type PretrainedUNet,
} from './from-pretrained.ts'
export type { LocateOptions } from './locate.ts'
export { type PublishedCheckpoint, publishedCheckpoints } from './openai/published.ts'
export { type PretrainedStageOptions, pretrainedStage } from './pretrained-stage.ts'
export { type WrittenUNet, writeUNet } from './weights-file.ts'
