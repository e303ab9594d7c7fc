import { ndarray } from '@cascade-diffusion/arrays'
import { baseStage, type StageSampling } from '@cascade-diffusion/cascade'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import type { TrainProgress } from '@cascade-diffusion/training'
import { expect, test } from 'vitest'
import { stagesOf } from '../plan/stages.ts'
import { tinyPlan } from '../tiny-plan.ts'
import { briefly } from './briefly.ts'
import { isLogged, loggedStep } from './logged-step.ts'
import { stageGrid } from './stage-grid.ts'

const { data } = tinyPlan
const [stage] = stagesOf(tinyPlan, data)

test('a grid of weights without an average has one row; of weights that are not finite there is none', async () => {
  const planned = tinyPlan.stages[0]
  const grid = stageGrid({ stage: stage!, planned, data, seed: 1, compile: jit, signal: undefined })
  const weights = stage!.network.init(rng(1))
  const averages = async () => ({})
  const made = await grid({ step: 1, params: async () => weights, averages })
  expect(made!.shape).toEqual([2 + 64 + 2, 2 + 8 * (64 + 2), 1])
  const broken = Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => [
      name,
      ndarray(new Float32Array(data.length).fill(Number.NaN), shape),
    ]),
  )
  expect(await grid({ step: 2, params: async () => broken, averages })).toBeUndefined()
  const aborted = stageGrid({ stage: stage!, planned, data, seed: 1, compile: jit, signal: AbortSignal.abort() })
  await expect(aborted({ step: 1, params: async () => weights, averages })).rejects.toMatchObject({
    code: 'interrupted',
  })
})

const sampler = { name: 'ddim' } as const
test.each<[StageSampling, StageSampling['steps']]>([
  [{ sampler, steps: 3 }, 3],
  [{ sampler, steps: 99 }, 16],
  [
    { sampler, steps: { count: 25, from: 97, to: 4 } },
    { count: 16, from: 97, to: 4 },
  ],
  [{ sampler, steps: [9, 5, 1] }, [9, 5, 1]],
  [
    { sampler, steps: Array.from({ length: 31 }, (_, i) => 60 - 2 * i) },
    Array.from({ length: 16 }, (_, i) => 60 - 4 * i),
  ],
  [{ sampler }, 16],
  [{ sampler, spacing: 10 }, 10],
  [{ sampler, spacing: 10, restarts: [{ at: -1, to: 5 }] }, 10],
])('%j is sampled in few steps', (sampling, steps) => {
  const brief = briefly(stage!, sampling, 16)
  expect(brief.steps).toEqual(steps)
  expect(brief.restarts).toBeUndefined()
  expect(brief.spacing).toBe(sampling.spacing)
})

test('there are fewer steps in continuous time too', () => {
  const continuous = baseStage({
    name: 'continuous',
    resolution: 4,
    imageChannels: 1,
    process: { schedule: { name: 'continuous-cosine' }, prediction: 'v', noiseInput: 'log-snr' },
    network: { baseChannels: 4, channelMultipliers: [1], residualBlocks: 1, normGroups: 2 },
  })
  const steps = { count: 40, from: 0.99, to: 0.01 }
  expect(briefly(continuous, { sampler, steps }, 16).steps).toEqual({ ...steps, count: 16 })
})

test('a line has the mean of the steps that were taken since the line before', () => {
  const progress = (step: number, steps: number, losses: readonly number[], gradNorm = 2) =>
    ({ step, steps, gradNorm, learningRate: 0.5, losses: Float32Array.from(losses) }) as unknown as TrainProgress
  const losses = [...Array(10).fill(9), 1, Number.NaN, 2]
  expect(loggedStep('a', progress(13, 13, losses))).toEqual({
    model: 'a',
    step: 13,
    loss: 1.5,
    gradNorm: 2,
    learningRate: 0.5,
  })
  const skipped = loggedStep('a', progress(20, 30, Array(20).fill(Number.NaN), Number.POSITIVE_INFINITY))
  expect([skipped.loss, skipped.gradNorm]).toEqual([null, null])
  const logged = (steps: number) =>
    Array.from({ length: steps }, (_, i) => i + 1).filter((step) => isLogged({ step, steps }))
  expect(logged(23)).toEqual([10, 20, 23])
  expect(logged(100_000)).toHaveLength(1000)
})
