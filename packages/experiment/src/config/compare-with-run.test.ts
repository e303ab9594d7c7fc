import { isCascadeError } from '@cascade-diffusion/checks'
import { expect, test } from 'vitest'
import type { CascadePlan, PlannedSuperResolution } from '../plan/cascade-plan.ts'
import { quickstartPlan } from '../plans/quickstart.ts'
import { tinyPlan } from '../tiny-plan.ts'
import { checkChanges, compareWithRun } from './compare-with-run.ts'
import { type Override, withOverrides } from './overrides.ts'
import { plainPlan } from './printed-plan.ts'

const plan = quickstartPlan({ dataset: 'mnist', fast: true })
const all = ['evaluator', 'base', 'super-resolution']
const changed = (overrides: readonly Override[], from: CascadePlan = plan) =>
  withOverrides(from, overrides) as CascadePlan

test('the same plan, also after it was written and read, has no changes', () => {
  expect(compareWithRun(plan, plan, all)).toEqual({ refused: [], taken: [] })
  expect(compareWithRun(plainPlan(plan), plan, all)).toEqual({ refused: [], taken: [] })
  expect(compareWithRun(plainPlan(tinyPlan), tinyPlan, all)).toEqual({ refused: [], taken: [] })
  const turned = JSON.parse(JSON.stringify(plan), (_, x) =>
    x && typeof x === 'object' && !Array.isArray(x) ? Object.fromEntries(Object.entries(x).reverse()) : x,
  )
  expect(compareWithRun(turned, plan, all)).toEqual({ refused: [], taken: [] })
})

test.each([
  ['seed', '7', 'seed'],
  ['data.size', '64', 'data.size'],
  ['data', '{"name":"images","train":"x","test":"y"}', 'data'],
  ['stages.0.resolution', '16', 'stages[0].resolution'],
  ['stages.0.network.baseChannels', '64', 'stages[0].network.baseChannels'],
  ['stages.0.process.schedule.steps', '500', 'stages[0].process.schedule.steps'],
  ['stages.1.augmentation.maxLevel', '300', 'stages[1].augmentation.maxLevel'],
  ['stages.1.augmentation', 'none', 'stages[1].augmentation'],
  ['stages.0.training.batchSize', '8', 'stages[0].training.batchSize'],
  ['stages.0.training.optimizer', '[{"name":"adam"}]', 'stages[0].training.optimizer'],
  ['stages.0.training.clipNorm', '2', 'stages[0].training.clipNorm'],
  ['stages.0.training.loss', 'simple', 'stages[0].training.loss'],
  ['stages.0.training.noiseLevels', 'uniform', 'stages[0].training.noiseLevels'],
  ['stages.0.training.averages.ema.decay', '0.9', 'stages[0].training.averages.ema.decay'],
  ['stages.0.training.learningRate.rate', '1e-4', 'stages[0].training.learningRate.rate'],
  ['stages.0.training.randomFlips', 'true', 'stages[0].training.randomFlips'],
  ['stages.0.training.steps', '1000', 'stages[0].training.steps'],
  ['stages.0.conditional', 'false', 'stages[0].conditional'],
  ['stages.0.name', 'first', 'stages[0].name'],
  ['evaluation.training.steps', '7', 'evaluation.training.steps'],
  ['evaluation.features', 'rotations', 'evaluation.features'],
])('--%s %s is refused where it matters, and taken where nothing is trained', (path, value, expected) => {
  const now = changed([[path, value]])
  const { refused, taken } = compareWithRun(plan, now, all)
  expect([refused.map((each) => each.path), taken]).toEqual([[expected], []])
  const untrained = compareWithRun(plan, now, [])
  expect([untrained.refused, untrained.taken.map((each) => each.path)]).toEqual([[], [expected]])
})

test.each([
  ['name', 'other'],
  ['report.title', 'Other'],
  ['sampling.batchSize', '7'],
  ['evaluation.samples', '7'],
  ['stages.0.sampling.steps', '7'],
  ['stages.1.levels', '0,200'],
  ['stages.1.ways', 'truncated'],
  ['stages.0.training.saveEvery', '7'],
  ['stages.0.training.sampleEvery', '7'],
  ['stages.0.training.maxGrowth', '1e3'],
])('--%s %s is taken', (path, value) => {
  const { refused, taken } = compareWithRun(plan, changed([[path, value]]), all)
  expect(refused).toEqual([])
  expect(taken.length).toBeGreaterThan(0)
})

test('a stage that is not trained may change; one above it follows from its resolution', () => {
  const upper = changed([['stages.1.training.batchSize', '8']])
  expect(compareWithRun(plan, upper, ['base']).refused).toEqual([])
  expect(compareWithRun(plan, upper, ['base']).taken).toEqual([
    { path: 'stages[1].training.batchSize', saved: 32, now: 8, why: "'super-resolution' has no checkpoint yet" },
  ])
  const lower = changed([['stages.0.resolution', '16']])
  expect(compareWithRun(plan, lower, ['super-resolution']).refused.map(({ path }) => path)).toEqual([
    'stages[0].resolution',
  ])
  const processOfBase = changed([['stages.0.process.prediction', 'v']])
  expect(compareWithRun(plan, processOfBase, ['super-resolution']).refused).toEqual([])
})

test('more steps are taken if the rate does not follow from them', () => {
  const rate = [['stages.0.training.learningRate', '1e-3']] as const
  const longer = [['stages.0.training.steps', '9000']] as const
  const constant = changed(rate)
  expect(compareWithRun(constant, changed(longer, constant), all)).toMatchObject({
    refused: [],
    taken: [{ now: 9000 }],
  })
  const cosine = changed([['stages.0.training.learningRate.steps', '500']])
  expect(compareWithRun(cosine, changed(longer, cosine), all).refused).toEqual([])
  expect(compareWithRun(plan, changed(longer), all).refused).toMatchObject([
    { saved: 500, now: 9000, why: "the learning rate of 'base' falls until the last step" },
  ])
})

test('a stage may be added at the end, and one that is trained may not be left out', () => {
  const [base, upper] = plan.stages
  const more: CascadePlan = {
    ...plan,
    stages: [base, upper as PlannedSuperResolution, { ...upper!, name: 'last', resolution: 64 }],
  }
  expect(compareWithRun(plan, more, all)).toMatchObject({
    refused: [],
    taken: [{ path: 'stages[2].name', now: 'last' }],
  })
  const fewer: CascadePlan = { ...plan, stages: [base] }
  expect(compareWithRun(plan, fewer, ['base']).refused).toEqual([])
  expect(compareWithRun(plan, fewer, all).refused).toMatchObject([
    { path: 'stages[1].name', saved: 'super-resolution' },
  ])
})

test('the error lists all, with both values and what to do', () => {
  const comparison = compareWithRun(
    plan,
    changed([
      ['seed', '7'],
      ['stages.0.training.batchSize', '8'],
      ['sampling.batchSize', '3'],
    ]),
    ['base'],
  )
  expect(() => checkChanges(comparison, 'runs/digits')).toThrow(
    [
      'runs/digits: this run was begun with another configuration:',
      '- expected seed, 0 as before, got 7: weights, batches and noise follow from it',
      "- expected stages[0].training.batchSize, 64 as before, got 8: 'base' is trained with it",
      'Change it back, train in another folder (--out), or train anew in this one (--restart)',
    ].join('\n'),
  )
  expect(() => checkChanges(comparison, 'x')).toThrow(expect.toSatisfy((e) => isCascadeError(e, 'checkpoint')))
  checkChanges(compareWithRun(plan, changed([['sampling.batchSize', '3']]), all), 'x')
})
