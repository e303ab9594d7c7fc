import { baseStage, superResolutionStage } from '@cascade-diffusion/cascade'
import { imageDataset } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'
import type { Plan } from './plan.ts'

/** For tests: images that are bright on the left or on the right, with some noise. */
const halves = (split: 'train' | 'test') => {
  const n = 64
  const noise = rng(5).fold(split).uniform([n, 16, 16, 1]).data
  const labels = Int32Array.from({ length: n }, (_, i) => i % 2)
  const data = Uint8Array.from(noise, (u, k) => {
    const right = k % 16 >= 8
    const bright = right === (labels[Math.floor(k / 256)] === 1)
    return Math.floor(20 * u + (bright ? 220 : 10))
  })
  return imageDataset({
    name: 'halves',
    images: { shape: [n, 16, 16, 1], data },
    labels,
    classNames: ['left', 'right'],
  })
}

const common = {
  imageChannels: 1,
  classNames: ['left', 'right'],
  process: { schedule: { name: 'cosine', steps: 100 } },
} as const
const network = { baseChannels: 8, channelMultipliers: [1, 1], residualBlocks: 1, normGroups: 4 }

/** For tests: the whole quickstart in a few seconds. */
export const tinyPlan: Plan = {
  name: 'tiny',
  title: 'Tiny',
  fast: true,
  about: 'Halves.',
  load: async (split) => halves(split),
  classifier: { steps: 40, batchSize: 16, learningRate: 4e-3 },
  base: {
    stage: baseStage({ ...common, name: 'base', resolution: 4, network }),
    training: { steps: 120, batchSize: 16, learningRate: 4e-3 },
    samplingSteps: 10,
  },
  superResolution: {
    stage: superResolutionStage({
      ...common,
      name: 'super-resolution',
      resolution: 16,
      lowResolution: 4,
      network: { ...network, baseChannels: 16, patchSize: 2 },
      augmentation: { name: 'gaussian-noise', schedule: { name: 'cosine', steps: 100 }, maxLevel: 40 },
    }),
    training: { steps: 250, batchSize: 16, learningRate: 5e-3 },
    samplingSteps: 10,
  },
  emaDecay: 0.9,
  samplesPerClass: 6,
  samplingBatchSize: 5,
  levels: [0, 10],
}
