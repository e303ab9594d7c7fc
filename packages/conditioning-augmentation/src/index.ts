export {
  type AugmentationDraw,
  type ConditioningAugmentation,
  checkLevel,
  type DrawOptions,
  defaultLevel,
  type LevelNoise,
  type Levels,
} from './augmentation.ts'
export {
  type AugmentationConfig,
  augmentationOf,
  augmentations,
  isCustomAugmentation,
  migrateAugmentation,
} from './augmentation-table.ts'
export { checkAugmentation } from './checks/check-augmentation.ts'
export { tryAugmentation } from './checks/try-augmentation.ts'
export { type ComposeConfig, type ComposeOptions, compose } from './combined/compose.ts'
export { type FixedConfig, type FixedOptions, fixed } from './combined/fixed.ts'
export {
  type WithProbabilityConfig,
  type WithProbabilityOptions,
  withProbability,
} from './combined/with-probability.ts'
export { conditionsOnLevel } from './conditions-on-level.ts'
export { type DownUpConfig, type DownUpDraw, type DownUpOptions, downUp } from './down-up/down-up.ts'
export { drawLevels } from './draw-levels.ts'
export {
  type GaussianBlurConfig,
  type GaussianBlurDraw,
  type GaussianBlurOptions,
  gaussianBlur,
} from './gaussian-blur.ts'
export {
  type JpegCompressionConfig,
  type JpegCompressionDraw,
  type JpegCompressionOptions,
  jpegCompression,
} from './jpeg/jpeg-compression.ts'
export { type NoAugmentationConfig, noAugmentation } from './no-augmentation.ts'
export type { ContinuousNoiseDraw } from './noise/continuous-noise.ts'
export type { DiscreteNoiseDraw } from './noise/discrete-noise.ts'
export { type GaussianNoiseConfig, type GaussianNoiseOptions, gaussianNoise } from './noise/gaussian-noise.ts'
export { type LogSnrNoiseConfig, type LogSnrNoiseOptions, logSnrNoise } from './noise/log-snr-noise.ts'
