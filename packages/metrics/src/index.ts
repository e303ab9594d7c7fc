export { type ClassAccuracy, classAccuracy } from './class-accuracy.ts'
export {
  type Classifier,
  type ClassifierConfig,
  type ClassifierParams,
  classifier,
  type LabelledImages,
} from './classifier.ts'
export { type FeatureStatistics, featureStatistics, mergeStatistics, streamStatistics } from './feature-statistics.ts'
export { type FrechetDistance, frechetDistance } from './frechet-distance.ts'
export { type InBatchesOptions, inBatches } from './in-batches.ts'
export { type ShiftImagesOptions, shiftImages } from './shift-images.ts'
