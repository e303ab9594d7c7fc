import { isCascadeError } from '@cascade-diffusion/checks'
import { expect, test } from 'vitest'
import { quickstartPlan } from '../plans/quickstart.ts'
import { threeStagePlan, tinyPlan } from '../tiny-plan.ts'
import type { CascadePlan } from './cascade-plan.ts'
import { checkPlan } from './check-plan.ts'

test('the plans of the quickstart are right, and can be written as JSON', () => {
  for (const dataset of ['mnist', 'dicebear'] as const)
    for (const fast of [false, true]) {
      const plan = quickstartPlan({ dataset, fast })
      const read = JSON.parse(JSON.stringify(plan)) as CascadePlan
      expect(read).toEqual(plan)
      checkPlan(read)
    }
  checkPlan(threeStagePlan)
})

const [base, superResolution] = tinyPlan.stages
const stage = (part: object) => ({ stages: [base, { ...superResolution, ...part }] })

test.each([
  [{ name: 'a/b' }, "plan: expected name, a name of letters, digits, - and _, got 'a/b'"],
  [{ nmae: 'x' }, "plan: unknown option 'nmae'. Did you mean 'name'?"],
  [{ data: 'mnist' }, "plan: expected data, a data set, such as { name: 'mnist' }, got 'mnist'"],
  [{ data: { name: 'mnits' } }, "Did you mean 'mnist'?"],
  [
    { data: { name: 'dicebear', styles: ['thumbs'], perClass: 6, size: 64 } },
    'expected data.perClass, a multiple of 4',
  ],
  [{ data: { train: tinyPlan.data.train } }, 'expected data.test, a source of images'],
  [stage({ imageChannels: 3 }), "unknown option 'stages[1].imageChannels'"],
  [
    stage({ process: { schedule: { name: 'cosin', steps: 1 } } }),
    "expected stages[1].process.schedule, a schedule by its name, one of 'cosine'",
  ],
  [
    { stages: [{ ...base, network: { baseChanels: 8 } }, superResolution] },
    "unknown option 'stages[0].network.baseChanels'. Did you mean 'baseChannels'?",
  ],
  [{ stages: [] }, 'plan: expected stages, a list of at least 1 entry, got an array of 0'],
  [
    { evaluation: { ...tinyPlan.evaluation, samples: 0 } },
    'plan: expected evaluation.samples, an integer from 1, got 0',
  ],
  [
    { evaluation: { ...tinyPlan.evaluation, features: 'inception' } },
    "expected evaluation.features, one of 'classes', 'rotations'",
  ],
  [{ stages: [{ ...base, levels: [0] }] }, "plan: unknown option 'stages[0].levels'. There are"],
  [{ stages: [base, { ...base }] }, '2 errors:\n- expected stages[1].augmentation, an augmentation, such as'],
  [{ stages: [superResolution] }, "unknown option 'stages[0].augmentation'"],
  [
    stage({ network: { ...superResolution.network, baseChanels: 8 } }),
    "unknown option 'stages[1].network.baseChanels'. Did you mean 'baseChannels'?",
  ],
  [stage({ imageChannels: 3 }), "unknown option 'stages[1].imageChannels'"],
  [stage({ name: undefined }), 'expected stages[1].name, letters'],
  [
    stage({ training: { ...superResolution.training, averages: { ema: { dekay: 0.9 } } } }),
    "unknown option 'stages[1].training.averages.ema.dekay'. Did you mean 'decay'?",
  ],
  [stage({ levels: [] }), 'plan: expected stages[1].levels, a list of at least 1 entry, got an array of 0'],
  [
    stage({ ways: 'booth' }),
    "expected stages[1].ways, one of 'truncated', 'non-truncated', 'both'; got 'booth'. Did you mean 'both'?",
  ],
  [stage({ levels: undefined }), 'plan: expected stages[1].levels, a list of at least 1 entry, got undefined'],
  [stage({ resolution: 4 }), 'larger than 4×4, that of the stage before it, got 4×4'],
  [{ stages: [{ ...base, resolution: 2 }] }, "plan: stage 'base': expected a last resolution of at least 4×4"],
  [stage({ name: 'base' }), "expected different names, got 'base' twice"],
  [stage({ name: 'evaluator' }), "'evaluator' is the evaluator's"],
  [
    stage({ training: { ...base.training, step: 1 } }),
    "unknown option 'stages[1].training.step'. Did you mean 'steps'?",
  ],
  [stage({ sampling: { ...base.sampling, steps: 0 } }), 'expected stages[1].sampling.steps, an integer from 1, got 0'],
  [stage({ sampling: { ...base.sampling, steps: { counts: 3 } } }), "Did you mean 'count'?"],
  [stage({ sampling: { ...base.sampling, sampler: { name: 'ddmi' } } }), "Did you mean 'ddim'?"],
])('a plan with %j is refused', (part, message) => {
  const check = () => checkPlan({ ...tinyPlan, ...part } as unknown as CascadePlan)
  expect(check).toThrow(message)
  expect(check).toThrow(expect.toSatisfy((error) => isCascadeError(error, 'input')))
})

test('all errors come together', () => {
  const wrong = {
    ...tinyPlan,
    seed: 1.5,
    sampling: { batchSize: 'many' },
    stages: [{ ...base, training: { steps: 1.5 } }],
  }
  expect(() => checkPlan(wrong as unknown as CascadePlan)).toThrow(
    [
      'plan: 5 errors:',
      '- expected seed, an integer from 0, got 1.5',
      '- expected stages[0].training.steps, an integer from 1, got 1.5',
      '- expected stages[0].training.batchSize, an integer from 1, got undefined',
      '- expected stages[0].training.learningRate, a number from 0, got undefined',
      "- expected sampling.batchSize, an integer from 1, got 'many'",
    ].join('\n'),
  )
})

test('types refuse what cannot be', () => {
  // @ts-expect-error: a super-resolution stage needs levels
  const withoutLevels: CascadePlan = { ...tinyPlan, stages: [base, { ...base }] }
  // @ts-expect-error: a base has none
  const baseWithLevels: CascadePlan = { ...tinyPlan, stages: [{ ...base, levels: [0] }] }
  // @ts-expect-error: a plan has at least one stage
  const withoutStages: CascadePlan = { ...tinyPlan, stages: [] }
  expect([withoutLevels, baseWithLevels, withoutStages]).toHaveLength(3)
})

test('a plan of the quickstart has a data set', () => {
  expect(() => quickstartPlan({ dataset: 'mnits' } as never)).toThrow(
    "quickstartPlan: expected a dataset, one of 'mnist', 'dicebear'; got 'mnits'. Did you mean 'mnist'?",
  )
  expect(() => quickstartPlan(undefined as never)).toThrow(
    'quickstartPlan: expected an object of options, got undefined',
  )
})
