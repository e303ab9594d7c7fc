import { imageDataset } from '@cascade-diffusion/data'
import { rng } from '@cascade-diffusion/random'
import type { CascadePlan } from './plan/cascade-plan.ts'

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

const process = { schedule: { name: 'cosine', steps: 100 } } as const
const network = { baseChannels: 8, channelMultipliers: [1, 1], residualBlocks: 1, normGroups: 4 }
const augmentation = { name: 'gaussian-noise', ...process, maxLevel: 40 } as const
const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: { count: 10, from: 97.02, to: 9.702 } } as const
const training = (steps: number, rate: number, decay = 0.9) => ({
  steps,
  batchSize: 16,
  learningRate: { name: 'cosine' as const, rate, warmup: 50 },
  averages: { ema: { decay } },
})

/** For tests: a whole experiment in a few seconds. */
export const tinyPlan = {
  name: 'tiny',
  report: { title: 'Tiny', about: 'Halves.' },
  seed: 1,
  data: { train: halves('train'), test: halves('test') },
  stages: [
    { name: 'base', resolution: 4, process, network, training: training(120, 4e-3), sampling },
    {
      name: 'super-resolution',
      resolution: 16,
      process,
      augmentation,
      network: { ...network, baseChannels: 16, patchSize: 2 },
      training: training(250, 5e-3),
      sampling,
      levels: [0, 10],
    },
  ],
  sampling: { batchSize: 5 },
  evaluation: { features: 'classes', training: training(40, 4e-3, 0.99), samples: 12 },
} as const satisfies CascadePlan

const [base, superResolution] = tinyPlan.stages
const brief = { ...training(12, 4e-3), batchSize: 8 }
const briefly = { training: { ...brief, sampleEvery: 0 }, sampling: { ...sampling, steps: 3 } }

/** For tests: the same stages, trained so briefly that their images are noise. */
export const briefPlan: CascadePlan = {
  ...tinyPlan,
  name: 'brief',
  stages: [
    { ...base, ...briefly },
    { ...superResolution, ...briefly },
  ],
  evaluation: { features: 'classes', training: brief, samples: 8 },
}

/** For tests: three stages, 4×4 to 8×8 to 16×16. */
export const threeStagePlan: CascadePlan = {
  ...briefPlan,
  name: 'three',
  stages: [
    { ...base, ...briefly },
    { ...superResolution, name: 'middle', resolution: 8, network, ...briefly, levels: [0, 20] },
    { ...superResolution, ...briefly, levels: [0, 10, 30] },
  ],
}
