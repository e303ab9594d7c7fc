export { type ConditioningAugmentation, checkLevel } from './augmentation.ts'
export { checkAugmentation, tryAugmentation } from './check-augmentation.ts'
export { type GaussianNoiseOptions, gaussianNoise } from './gaussian-noise.ts'
export { noAugmentation } from './no-augmentation.ts'
