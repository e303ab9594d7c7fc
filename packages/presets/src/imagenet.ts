import type { StageUNetConfig } from '@cascade-diffusion/cascade'
import type { GaussianBlurConfig } from '@cascade-diffusion/conditioning-augmentation'
import type { BasePreset, SuperResolutionPreset, TrainingSettings } from './preset.ts'

/** Images in colour of ImageNet's 1000 classes. */
const imagenet = { numClasses: 1000, imageChannels: 3 } as const

/**
 * Models of at most 64×64: learned variances and the hybrid loss of Improved DDPM, conditioned on the step, 4000 of
 * them.
 */
const improved = {
  process: { schedule: { name: 'cosine', steps: 4000 }, variance: 'learned-range' },
  inference: { steps: 4000 },
} as const

/** Gaussian noise of the low-resolution model's process, at a level s that is uniform over all of it and embedded. */
const gaussianNoise = { name: 'gaussian-noise', schedule: { name: 'cosine', steps: 4000 }, maxLevel: 4000 } as const

/** The networks of at most 64×64. */
const wide = (residualBlocks: number): StageUNetConfig => ({
  baseChannels: 256,
  channelMultipliers: [1, 2, 3, 4],
  residualBlocks,
  attentionResolutions: [8, 16],
  attentionHeads: 4,
  dropout: 0.1,
})

const training = (settings: Pick<TrainingSettings, 'steps' | 'batchSize' | 'randomFlips'>): TrainingSettings => ({
  learningRate: 1e-4,
  averages: { ema: { decay: 0.9999 } },
  loss: { name: 'hybrid' },
  ...settings,
})

/**
 * ImageNet 32×32, the base of the pipelines (Appendix B.1). Images are mirrored, which the paper found to help at the
 * cost of longer training (Section 4.3).
 */
export const imagenet32: BasePreset = {
  name: 'imagenet-32',
  kind: 'base',
  numClasses: imagenet.numClasses,
  stage: {
    resolution: 32,
    imageChannels: imagenet.imageChannels,
    process: improved.process,
    network: wide(6),
  },
  training: training({ steps: 700_000, batchSize: 2048, randomFlips: true }),
  inference: improved.inference,
}

/**
 * ImageNet 32×32 → 64×64 (Appendix B.1), amortised over the level s of Gaussian conditioning augmentation (Section
 * 4.3). The paper does not say whether images are mirrored: they are not. The best s is searched for.
 */
export const imagenet32To64: SuperResolutionPreset = {
  name: 'imagenet-32-64',
  kind: 'super-resolution',
  numClasses: imagenet.numClasses,
  stage: {
    resolution: 64,
    lowResolution: 32,
    imageChannels: imagenet.imageChannels,
    process: improved.process,
    augmentation: gaussianNoise,
    network: wide(5),
  },
  training: training({ steps: 400_000, batchSize: 2048, randomFlips: false }),
  inference: improved.inference,
}

/**
 * What the models of 128×128 and 256×256 share: networks like SR3's (Section 4.1), that is BigGAN's residual blocks for
 * changes of resolution, sums scaled by √½, the noise level embedded and added, and bicubic resizing. The paper gives
 * no numbers of parameters. With this reading they are within 2 % of the 550 and 625 million that SR3 states for the
 * same widths.
 */
const sr3 = (channelMultipliers: readonly number[]): StageUNetConfig => ({
  baseChannels: 128,
  channelMultipliers,
  residualBlocks: 3,
  attentionResolutions: [16],
  attentionHeads: 1,
  resampling: 'residual',
  residualScale: Math.SQRT1_2,
  scaleShiftNorm: false,
  dropout: 0,
  lowRes: { resize: 'bicubic' },
})

/** Trained with continuous noise conditioning; sampled in 100 steps on another schedule (Section 4.4). */
const continuous = {
  process: { schedule: { name: 'linear', steps: 2000 }, noiseInput: 'noise-level' },
  inference: { steps: 100, schedule: { name: 'linear', steps: 100 }, level: 0 },
} as const

const continuousTraining: TrainingSettings = {
  ...training({ steps: 500_000, batchSize: 1024, randomFlips: true }),
  loss: { name: 'simple' },
  noiseLevels: { name: 'piecewise-uniform' },
}

/** Half of the images blurred in training by a filter of 3×3, none in sampling (Sections 3.1 and 4.4). */
const gaussianBlur: GaussianBlurConfig = { name: 'gaussian-blur', size: 3, sigma: [0.4, 0.6], probability: 0.5 }

/**
 * ImageNet 64×64 → 128×128 (Appendix B.1). The range of the blur and mirrored images are what Section 4.4 finds for
 * 64×64 → 256×256. The paper tunes the schedule of sampling but does not print it: here it is the linear one of 100
 * steps.
 */
export const imagenet64To128: SuperResolutionPreset = {
  name: 'imagenet-64-128',
  kind: 'super-resolution',
  numClasses: imagenet.numClasses,
  stage: {
    resolution: 128,
    lowResolution: 64,
    imageChannels: imagenet.imageChannels,
    process: continuous.process,
    augmentation: gaussianBlur,
    network: sr3([1, 2, 4, 8, 8]),
  },
  training: continuousTraining,
  inference: continuous.inference,
}

/**
 * ImageNet 64×64 → 256×256 (Appendix B.1 and Section 4.4). The paper tunes the schedule of sampling but does not print
 * it: here it is the linear one of 100 steps.
 */
export const imagenet64To256: SuperResolutionPreset = {
  name: 'imagenet-64-256',
  kind: 'super-resolution',
  numClasses: imagenet.numClasses,
  stage: {
    resolution: 256,
    lowResolution: 64,
    imageChannels: imagenet.imageChannels,
    process: continuous.process,
    augmentation: gaussianBlur,
    network: sr3([1, 2, 4, 4, 8, 8]),
  },
  training: continuousTraining,
  inference: continuous.inference,
}

/**
 * The network of Improved DDPM's class-conditional model of ImageNet 64×64, of 270 million parameters (Nichol &
 * Dhariwal 2021), with the dropout that the paper adds.
 */
const baseline: StageUNetConfig = {
  baseChannels: 192,
  channelMultipliers: [1, 2, 3, 4],
  residualBlocks: 3,
  attentionResolutions: [8, 16],
  attentionHeads: 4,
  dropout: 0.1,
}

/** Improved DDPM's batches and learning rate; twice its 250,000 steps. */
const baselineTraining: TrainingSettings = {
  ...training({ steps: 500_000, batchSize: 2048, randomFlips: false }),
  learningRate: 3e-4,
}

/**
 * ImageNet 64×64 without a cascade, the baseline of Section 4.2: Improved DDPM's model with dropout, trained longer.
 * The paper gives neither the rate nor the length: here 0.1, as in its other models, and twice the steps.
 */
export const imagenet64: BasePreset = {
  name: 'imagenet-64',
  kind: 'base',
  numClasses: imagenet.numClasses,
  stage: { resolution: 64, imageChannels: imagenet.imageChannels, process: improved.process, network: baseline },
  training: baselineTraining,
  inference: improved.inference,
}

/**
 * ImageNet 16×16, the base of the experiment of Section 4.3. The paper gives only its resolution. Here it has the
 * baseline's width, blocks and training, on three resolutions.
 */
export const imagenet16: BasePreset = {
  name: 'imagenet-16',
  kind: 'base',
  numClasses: imagenet.numClasses,
  stage: {
    resolution: 16,
    imageChannels: imagenet.imageChannels,
    process: improved.process,
    network: { ...baseline, channelMultipliers: [1, 2, 3] },
  },
  training: baselineTraining,
  inference: improved.inference,
}

/**
 * ImageNet 16×16 → 64×64, the experiment of Section 4.3: the network of the 64×64 baseline with the small image
 * concatenated. The paper trains two models, of s = 101 and s = 1001, to exclude capacity from the comparison, and
 * states that one model amortised over s would suffice. Here it is one model, of s up to 1001, sampled at 1001, the
 * better of the two.
 */
export const imagenet16To64: SuperResolutionPreset = {
  name: 'imagenet-16-64',
  kind: 'super-resolution',
  numClasses: imagenet.numClasses,
  stage: {
    resolution: 64,
    lowResolution: 16,
    imageChannels: imagenet.imageChannels,
    process: improved.process,
    augmentation: { ...gaussianNoise, maxLevel: 1001 },
    network: baseline,
  },
  training: baselineTraining,
  inference: { ...improved.inference, level: 1001 },
}
