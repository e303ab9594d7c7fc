import type { CascadePlan } from '../plan/cascade-plan.ts'
import { cosine, fastNote, predictsV, sampling, training } from './common.ts'

/** Handwritten digits, 8×8 to 32×32. */
export function mnistPlan(fast: boolean, seed: number): CascadePlan {
  const size = { baseChannels: 32, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 8 }
  return {
    name: fast ? 'mnist-fast' : 'mnist',
    report: {
      title: 'A cascade on MNIST',
      about: 'Handwritten digits: the real MNIST, 28×28 with a black margin to 32×32.',
      note: fast ? fastNote : undefined,
    },
    seed,
    data: { name: 'mnist', size: 32 },
    stages: [
      {
        name: 'base',
        resolution: 8,
        process: cosine,
        network: size,
        training: training(fast ? 500 : 2000, 64, 2e-3),
        sampling: sampling(25),
      },
      {
        name: 'super-resolution',
        resolution: 32,
        process: predictsV,
        augmentation: { name: 'gaussian-noise', ...cosine, maxLevel: 400 },
        network: { ...size, patchSize: 2 },
        training: training(fast ? 520 : 2200, 32, 2e-3),
        sampling: sampling(16),
        levels: fast ? [0, 100] : [0, 50, 100, 200],
      },
    ],
    sampling: { batchSize: 100 },
    evaluation: {
      features: 'classes',
      training: training(fast ? 500 : 1000, 128, 4e-3, 0.99),
      samples: fast ? 200 : 1000,
    },
  }
}
