import { isCascadeError } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { describe, expect, test } from 'vitest'
import { tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import type { Cascade, DiffusionCascadeStage } from './cascade.ts'
import { withSampling } from './with-sampling.ts'

const sampling = { sampler: { name: 'ddim' }, steps: [18, 10, 3] } as const
const cascadeOf = (changes: Partial<DiffusionCascadeStage['sampling']> = {}): Cascade => ({
  stages: [tinyBase(), tinySuperResolution()].map((stage) => ({
    stage,
    params: tinyNetwork().init(rng(4)),
    sampling: { ...sampling, ...changes },
  })),
})
const stepsOf = ({ stages }: Cascade) => stages.map(({ sampling }) => sampling?.steps)

describe('steps', () => {
  test('of all stages, or of some by name', () => {
    expect(stepsOf(withSampling(cascadeOf(), { steps: 5 }))).toEqual([5, 5])
    expect(stepsOf(withSampling(cascadeOf(), { steps: { sr: 2 } }))).toEqual([[18, 10, 3], 2])
    expect(stepsOf(withSampling(cascadeOf(), {}))).toEqual([
      [18, 10, 3],
      [18, 10, 3],
    ])
  })

  test('over the same part of the process', () => {
    const steps = { count: 3, by: 'log-snr', from: 15, to: 2 } as const
    expect(stepsOf(withSampling(cascadeOf({ steps }), { steps: 7 }))[0]).toEqual({ ...steps, count: 7 })
    const process = { schedule: { name: 'continuous-cosine' }, prediction: 'v' } as const
    const stage = tinySuperResolution({ process, augmentation: { name: 'none' } })
    const continuous = { ...cascadeOf().stages[1]!, stage, sampling: { ...sampling, steps: [0.9, 0.5, 0.1] } }
    const changed = withSampling({ stages: [continuous as DiffusionCascadeStage] }, { steps: 4 })
    expect(stepsOf(changed)).toEqual([{ count: 4, from: 0.9, to: 0.1 }])
  })
})

test('a sampler for all, guidance for those with classes', () => {
  const stages = [tinyBase(), tinySuperResolution({ classNames: undefined })]
  const cascade = { stages: stages.map((stage) => ({ stage, params: tinyNetwork().init(rng(4)), sampling })) }
  const guidance = { name: 'classifier-free', scale: 2 } as const
  const changed = withSampling(cascade, { sampler: { name: 'ancestral' }, guidance })
  expect(changed.stages.map(({ sampling }) => sampling)).toEqual([
    { sampler: { name: 'ancestral' }, steps: [18, 10, 3], guidance },
    { sampler: { name: 'ancestral' }, steps: [18, 10, 3], guidance: undefined },
  ])
  expect(cascade.stages[0]?.sampling).toBe(sampling)
})

test('wrong changes are refused', () => {
  const wrong: [object, string][] = [
    [{ step: 3 }, "withSampling: unknown option 'step'. Did you mean 'steps'?"],
    [{ steps: { bsae: 3 } }, "withSampling: steps: unknown option 'bsae'. Did you mean 'base'?"],
    [{ steps: [3] }, 'withSampling: expected steps, a number or one by stage'],
    [{ steps: 0 }, "withSampling: stage 'base': expected steps, an integer from 1, got 0"],
    [{ sampler: { name: 'ddmi' } }, "Did you mean 'ddim'?"],
  ]
  for (const [changes, message] of wrong) {
    const call = () => withSampling(cascadeOf(), changes)
    expect(call).toThrow(message)
    expect(call).toThrow(expect.toSatisfy((error) => isCascadeError(error, 'input')))
  }
})
