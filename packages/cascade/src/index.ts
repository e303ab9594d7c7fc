// What needs files; the rest is in browser.ts.
export * from './browser.ts'
export { saveCascade } from './cascade/save-cascade.ts'
export { writeStage } from './cascade/write-weights.ts'
export { type LoadedClassifier, loadClassifier } from './classifier/load-classifier.ts'
export {
  type ClassifierDescription,
  type TrainClassifierOptions,
  trainClassifier,
} from './classifier/train-classifier.ts'
export type { WriteSamplesOptions } from './samples/options.ts'
export { writeImages } from './samples/write-images.ts'
export { type WrittenSamples, writeSamples } from './samples/write-samples.ts'
export {
  type AugmentationCandidate,
  type AugmentationChoices,
  type AugmentationWay,
  augmentationCandidates,
  type SearchAugmentationOptions,
} from './search/augmentation-plan.ts'
export type { StageAugmentationSearch } from './search/augmentation-report.ts'
export type { LevelsToTry } from './search/level-grid.ts'
export type { FittedSampling, SamplingCandidates, SamplingGrid } from './search/sampling-candidates.ts'
export type { SamplingCandidate } from './search/sampling-report.ts'
export { type SearchAugmentationResult, searchAugmentation } from './search/search-augmentation.ts'
export type { CandidateImages, CascadeSearchOptions } from './search/search-options.ts'
export type { SearchReport } from './search/search-report.ts'
export { type SearchSamplingOptions, type SearchSamplingResult, searchSampling } from './search/search-sampling.ts'
export { loadStage } from './stage/load-stage.ts'
export { type TrainStageOptions, trainStage } from './training/train-stage.ts'
export type { RunCheckpoint, TrainingRun } from './training/training-run.ts'
