import type { TrainStageOptions } from '@cascade-diffusion/cascade'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { loadCheckpoint } from '@cascade-diffusion/training'
import { expect, expectTypeOf, test } from 'vitest'
import { checkpointPath } from '../options.ts'
import { briefPlan } from '../tiny-plan.ts'
import { trainExperiment } from '../train.ts'
import type { ExperimentPlan, StageTrainingPlan } from './plan.ts'

test('a plan may have every option of training that does not follow from it', () => {
  type Supplied = 'stage' | 'dataset' | 'seed' | 'compile' | 'checkpoint' | 'progress' | 'signal' | 'reduce' | 'loading'
  expectTypeOf<keyof StageTrainingPlan>().toEqualTypeOf<Exclude<keyof TrainStageOptions, Supplied>>()
  // @ts-expect-error: a schedule is named, not a function
  const named: StageTrainingPlan['learningRate'] = (step: number) => 1 / step
  expect(named).toBeTypeOf('function')
})

test('the options of a plan reach training', async () => {
  const [base, upper] = briefPlan.stages
  const training: StageTrainingPlan = {
    steps: 2,
    batchSize: 4,
    learningRate: { name: 'constant', rate: 1e-3 },
    optimizer: [
      { name: 'weight-decay', rate: 0.1 },
      { name: 'sgd', momentum: 0.5 },
    ],
    clipNorm: 0.25,
    averages: { fast: { decay: 0.5 }, slow: { decay: 0.9 } },
    loss: { name: 'simple', norm: 'l1' },
    noiseLevels: { name: 'loss-second-moment' },
    randomFlips: true,
  }
  const plan: ExperimentPlan = {
    ...briefPlan,
    evaluator: { name: 'classifier', training: { ...training, loss: undefined } as never },
    stages: [{ ...base, training }, upper!],
  }
  const options = { plan, seed: 0, out: temporaryFolder(), compile: jit }
  await expect(trainExperiment(options)).rejects.toThrow("unknown option 'evaluator.training.noiseLevels'")
  const { noiseLevels, randomFlips, loss, ...common } = training
  const { losses } = await trainExperiment({
    ...options,
    plan: { ...plan, evaluator: { name: 'classifier', training: common } },
  })
  expect(losses.base).toHaveLength(2)
  for (const model of ['classifier', 'base']) {
    const { settings, state } = await loadCheckpoint(checkpointPath(options, model))
    expect(JSON.stringify(settings)).toContain('"momentum":0.5')
    expect(settings).toMatchObject({ averages: training.averages })
    expect(Object.keys(state.averages)).toEqual(['fast', 'slow'])
  }
  const { config } = await loadCheckpoint(checkpointPath(options, 'base'))
  expect(config).toMatchObject({ batchSize: 4, loss, noiseLevels, randomFlips })
})
