import type { StageUNetConfig } from '@cascade-diffusion/cascade'
import type { BasePreset, SuperResolutionPreset, TrainingSettings } from './preset.ts'

/**
 * What both models share: attention with heads of 64 channels, trained in continuous time and conditioned on the noise
 * level.
 */
const network = (baseChannels: number, channelMultipliers: readonly number[]): StageUNetConfig => ({
  baseChannels,
  channelMultipliers,
  residualBlocks: 3,
  attentionResolutions: [8, 16, 32],
  attentionHeadChannels: 64,
  dropout: 0.1,
})

const process = { schedule: { name: 'continuous-cosine' }, noiseInput: 'noise-level' } as const
const inference = { steps: 256, schedule: { name: 'cosine', steps: 256 } } as const

const training = (settings: Pick<TrainingSettings, 'steps' | 'batchSize' | 'learningRate'>): TrainingSettings => ({
  averages: { ema: { decay: 0.9999 } },
  randomFlips: false,
  loss: { name: 'simple' },
  ...settings,
})

/**
 * LSUN Bedroom or Church 64×64, unconditional (Appendix B.2, the same for both). The paper does not say whether images
 * are mirrored: they are not.
 */
export const lsun64: BasePreset = {
  name: 'lsun-64',
  kind: 'base',
  numClasses: null,
  stage: { resolution: 64, imageChannels: 3, process, network: network(128, [1, 2, 3, 4]) },
  training: training({ steps: 100_000, batchSize: 2048, learningRate: 3e-4 }),
  inference,
}

/**
 * LSUN Bedroom or Church 64×64 → 128×128, unconditional (Appendix B.2), with non-truncated Gaussian conditioning
 * augmentation (Section 4.5). The level s is the time of the base's process, from 0 to 1, since the base is trained
 * without steps. Where Appendix B leaves the network open, it is as for ImageNet 128×128: like SR3's. The best s is
 * searched for.
 */
export const lsun64To128: SuperResolutionPreset = {
  name: 'lsun-64-128',
  kind: 'super-resolution',
  numClasses: null,
  stage: {
    resolution: 128,
    lowResolution: 64,
    imageChannels: 3,
    process,
    augmentation: { name: 'gaussian-noise', schedule: process.schedule },
    network: {
      ...network(64, [1, 2, 4, 6, 8]),
      resampling: 'residual',
      residualScale: Math.SQRT1_2,
      scaleShiftNorm: false,
      lowRes: { resize: 'bicubic' },
    },
  },
  training: training({ steps: 220_000, batchSize: 1024, learningRate: 2e-4 }),
  inference,
}
