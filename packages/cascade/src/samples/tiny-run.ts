import { ddim } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { type CascadeSampler, cascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import { tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import type { WriteSamplesOptions } from './options.ts'
import { type WrittenSamples, writeSamples } from './write-samples.ts'

const sampling = { sampler: ddim({ eta: 1 }), steps: [18, 10, 3] }

/** A cascade of two stages, 2×2 → 4×4. @param seed of the weights of the upper one. */
export const tinySampler = (seed = 5): CascadeSampler =>
  cascadeSampler(
    {
      stages: [
        { stage: tinyBase(), params: tinyNetwork().init(rng(4)), sampling },
        { stage: tinySuperResolution(), params: tinyNetwork().init(rng(seed)), sampling },
      ],
    },
    { compile: eager },
  )

/** Writes samples of it, 4 at a time. */
export function tinyRun(
  path: string,
  changes: Partial<WriteSamplesOptions> = {},
  sampler = tinySampler(),
): Promise<WrittenSamples> {
  const options = { count: 103, labels: 'uniform', levels: [3], rng: rng(9), batchSize: 4, stages: 'all' } as const
  return writeSamples(sampler, { path, ...options, ...changes })
}
