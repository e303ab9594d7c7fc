import type { ExperimentPlan } from '../plan/plan.ts'
import { cosine, fastNote, sampling, training } from './common.ts'

/** Drawings made up by a program, 16×16 to 64×64 in colour. */
export function dicebearPlan(fast: boolean): ExperimentPlan {
  const size = { baseChannels: 32, channelMultipliers: [1, 2, 2], residualBlocks: 1, normGroups: 8 }
  return {
    name: fast ? 'dicebear-fast' : 'dicebear',
    title: 'A cascade on Dicebear’s drawings',
    about:
      'Procedural art, not photographs: drawings that the Dicebear library makes up from seeds; the classes are drawing styles.',
    note: fast ? fastNote : undefined,
    data: {
      name: 'dicebear',
      styles: ['thumbs', 'pixelArt', 'shapes', 'identicon', 'lorelei', 'rings'],
      perClass: fast ? 500 : 2000,
      size: 64,
    },
    evaluator: {
      name: 'classifier',
      training: training(fast ? 200 : 400, 64, 2e-3, 0.99),
    },
    stages: [
      {
        stage: { name: 'base', resolution: 16, process: cosine, network: size },
        training: training(fast ? 400 : 1800, 16, 2e-3),
        sampling: sampling(25),
      },
      {
        stage: {
          name: 'super-resolution',
          resolution: 64,
          process: cosine,
          augmentation: { name: 'gaussian-noise', ...cosine, maxLevel: 400 },
          network: { ...size, noiseSkip: true, patchSize: 2 },
        },
        training: training(fast ? 700 : 2500, 8, 2e-3),
        sampling: sampling(16),
        levels: fast ? [0, 100] : [0, 50, 100, 200],
      },
    ],
    samplesPerClass: fast ? 8 : 40,
    samplingBatchSize: 24,
  }
}
