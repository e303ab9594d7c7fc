export {
  type Collected,
  type CollectOptions,
  collect,
  type Measurement,
  mergeCollected,
  type Role,
} from './evaluator/collect.ts'
export { type Evaluator, type EvaluatorOptions, evaluator } from './evaluator/evaluator.ts'
export type { EvaluatedImages, ImageArrays } from './evaluator/image-reader.ts'
export {
  type Classifier,
  type ClassifierConfig,
  type ClassifierParams,
  classifier,
  type LabelledImages,
} from './extractors/classifier.ts'
export { type ClassifierExtractorOptions, classifierExtractor } from './extractors/classifier-extractor.ts'
export {
  type Extracted,
  type Extractor,
  type ExtractorOptions,
  extractor,
  type ImageConvention,
} from './extractors/extractor.ts'
export { type FeatureStatistics, featureStatistics, mergeStatistics } from './frechet/feature-statistics.ts'
export { type FrechetDistance, frechetDistance } from './frechet/frechet-distance.ts'
export { type FrechetReference, frechetReference } from './frechet/frechet-reference.ts'
export {
  type ClassAccuracy,
  type ClassAccuracyConfig,
  type ClassAccuracyFigure,
  type ClassCounts,
  classAccuracy,
} from './metrics/class-accuracy.ts'
export { type Fid, type FidConfig, type FidFigure, fid } from './metrics/fid.ts'
export {
  type Examples,
  type Figure,
  type FigureOf,
  type Figures,
  type Metric,
  type Metrics,
  measure,
  type Need,
} from './metrics/metric.ts'
export { type MetricConfig, metricOf, metrics } from './metrics/metric-table.ts'
