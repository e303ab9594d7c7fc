// Conditioning augmentations.

export {
  type ConditioningAugmentation,
  compose,
  downUp,
  drawLevels,
  fixed,
  gaussianBlur,
  gaussianNoise,
  jpegCompression,
  logSnrNoise,
  noAugmentation,
  withProbability,
} from '@cascade-diffusion/conditioning-augmentation'
