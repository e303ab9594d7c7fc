import type { TrainStageOptions } from '@cascade-diffusion/cascade'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { loadCheckpoint } from '@cascade-diffusion/training'
import { expect, expectTypeOf, test } from 'vitest'
import { checkpointPath } from '../run/run-files.ts'
import { trainRun } from '../run/train-run.ts'
import { briefPlan } from '../tiny-plan.ts'
import type { CascadePlan, StageTraining } from './cascade-plan.ts'

test('a plan may have every option of training that does not follow from it', () => {
  type Supplied =
    | 'stage'
    | 'dataset'
    | 'seed'
    | 'compile'
    | 'checkpoint'
    | 'progress'
    | 'observe'
    | 'signal'
    | 'reduce'
    | 'loading'
  expectTypeOf<keyof StageTraining>().toEqualTypeOf<
    Exclude<keyof TrainStageOptions, Supplied> | 'saveEvery' | 'sampleEvery'
  >()
  // @ts-expect-error: a schedule is named, not a function
  const named: StageTraining['learningRate'] = (step: number) => 1 / step
  expect(named).toBeTypeOf('function')
})

test('the options of a plan reach training', async () => {
  const [base, upper] = briefPlan.stages
  const training: StageTraining = {
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
  const plan: CascadePlan = {
    ...briefPlan,
    evaluation: { ...briefPlan.evaluation, training: { ...training, loss: undefined } as never },
    stages: [{ ...base, training }, upper!],
  }
  const options = { plan, out: temporaryFolder(), compile: jit }
  await expect(trainRun(options)).rejects.toThrow("unknown option 'evaluation.training.noiseLevels'")
  const { noiseLevels, randomFlips, loss, ...common } = training
  const { stages } = await trainRun({
    ...options,
    stages: ['base', 'evaluator'],
    plan: { ...plan, evaluation: { ...briefPlan.evaluation, training: common } },
  })
  expect(stages.map(({ name, step, losses }) => [name, step, losses.length])).toEqual([
    ['base', 2, 2],
    ['super-resolution', 0, 0],
  ])
  for (const model of ['evaluator', 'base']) {
    const { settings, state } = await loadCheckpoint(checkpointPath(options, model))
    expect(JSON.stringify(settings)).toContain('"momentum":0.5')
    expect(settings).toMatchObject({ averages: training.averages })
    expect(Object.keys(state.averages)).toEqual(['fast', 'slow'])
  }
  const { config } = await loadCheckpoint(checkpointPath(options, 'base'))
  expect(config).toMatchObject({ batchSize: 4, loss, noiseLevels, randomFlips })
})
