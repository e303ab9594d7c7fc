import { noAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import { expect, test } from 'vitest'
import type { CascadePlan, PlannedSuperResolution } from '../plan/cascade-plan.ts'
import { quickstartPlan } from '../plans/quickstart.ts'
import { tinyPlan } from '../tiny-plan.ts'
import { parseCascadeConfig } from './config-schema.ts'
import { customValue, plainPlan, printedPlan } from './printed-plan.ts'

test('a plan is printed as JSON, short lists on a line, and read again', () => {
  const plan = quickstartPlan({ dataset: 'mnist' })
  const text = printedPlan(plan)
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(plan)))
  expect(text).toContain('      "levels": [0, 50, 100, 200]\n')
  expect(text.endsWith('}\n')).toBe(true)
  const odd: CascadePlan = { ...plan, report: { title: '[ "x",\n 1 ]', about: '1e999 \\ ∞' } }
  expect(plainPlan(odd).report).toEqual(odd.report)
})

test('∞ is printed as a number that JSON reads', () => {
  const [base] = quickstartPlan({ dataset: 'mnist' }).stages
  const training = { ...base.training, clipNorm: Number.POSITIVE_INFINITY }
  const plan: CascadePlan = { ...quickstartPlan({ dataset: 'mnist' }), stages: [{ ...base, training }] }
  expect(plainPlan(plan).stages[0].training.clipNorm).toBe(Number.POSITIVE_INFINITY)
})

test('custom values are shown by their data', () => {
  const [base, upper] = tinyPlan.stages
  const plan: CascadePlan = { ...tinyPlan, stages: [base, { ...upper, augmentation: noAugmentation }] }
  const { data, stages } = plainPlan(plan) as unknown as { data: { train: object }; stages: { augmentation: object }[] }
  expect(stages[1]!.augmentation).toEqual({ custom: true, name: 'none', maxLevel: 0 })
  expect(data.train).toMatchObject({ custom: true, name: 'halves', classNames: ['left', 'right'] })
  expect(() => parseCascadeConfig('config.json', plainPlan(plan))).toThrow(
    'config.json: expected data.train, a custom value, as the program made it, got what is shown of it',
  )
  expect(
    customValue({ stages: [8, { augmentation: (plainPlan(plan).stages[1] as PlannedSuperResolution).augmentation }] }),
  ).toBe('stages[1].augmentation')
  expect(customValue(plan)).toBe(undefined)
})
