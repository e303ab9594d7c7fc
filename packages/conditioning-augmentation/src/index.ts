export {
  type AugmentationDraw,
  type ConditioningAugmentation,
  checkLevel,
  type DrawOptions,
} from './augmentation.ts'
export {
  type AugmentationConfig,
  augmentationOf,
  augmentations,
  isCustomAugmentation,
  migrateAugmentation,
} from './augmentation-table.ts'
export { checkAugmentation, tryAugmentation } from './check-augmentation.ts'
export { conditionsOnLevel } from './conditions-on-level.ts'
export {
  type GaussianBlurConfig,
  type GaussianBlurDraw,
  type GaussianBlurOptions,
  gaussianBlur,
} from './gaussian-blur.ts'
export {
  type GaussianNoiseConfig,
  type GaussianNoiseDraw,
  type GaussianNoiseOptions,
  gaussianNoise,
} from './gaussian-noise.ts'
export { type NoAugmentationConfig, noAugmentation } from './no-augmentation.ts'
