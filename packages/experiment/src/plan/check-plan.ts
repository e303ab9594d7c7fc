import { isLarger, stageSamplingSchema, stageSchemas } from '@cascade-diffusion/cascade'
import { CascadeError, parseConfig, schema } from '@cascade-diffusion/checks'
import { imageSize, shownSize } from '@cascade-diffusion/data'
import { dataSchema } from '../data/data.ts'
import type { CascadePlan, EvaluationPlan, PlannedBase, PlannedSuperResolution } from './cascade-plan.ts'
import { count, stageTrainingSchema, trainingSchema } from './training-schema.ts'

/** The name of the evaluator among the models and of its checkpoint, which no stage may have. */
export const EVALUATOR = 'evaluator'

const { name, resolution, process, network, labelDropout, augmentation } = stageSchemas
const common = {
  name,
  resolution,
  process,
  network,
  labelDropout,
  conditional: schema.optional(schema.flag()),
  training: stageTrainingSchema,
  sampling: stageSamplingSchema,
}

const base = schema.record<PlannedBase>(common)

const superResolution = schema.record<PlannedSuperResolution>({
  ...common,
  augmentation,
  levels: schema.list(schema.number({ from: 0 }), 1),
  ways: schema.optional(schema.oneOf(['truncated', 'non-truncated', 'both'])),
})

const plan = schema.record<CascadePlan>({
  name: schema.value('a name of letters, digits, - and _', (x) => typeof x === 'string' && /^[\w-]+$/.test(x)),
  report: schema.record<CascadePlan['report']>({
    title: schema.text(),
    about: schema.text(),
    note: schema.optional(schema.text()),
  }),
  seed: schema.integer({ from: 0 }),
  data: dataSchema,
  stages: schema.firstAndRest(base, superResolution),
  sampling: schema.record<CascadePlan['sampling']>({ batchSize: count() }),
  evaluation: schema.record<EvaluationPlan>({
    features: schema.oneOf(['classes', 'rotations']),
    training: trainingSchema,
    samples: count(),
  }),
})

/**
 * Checks a plan before anything is loaded or trained.
 * @throws one error with everything that is wrong, each with its path; or the first stage that does not follow on the one before it.
 * A custom augmentation, and what only the whole stage shows, is checked when the stage is made.
 */
export function checkPlan(given: CascadePlan): void {
  parseConfig('plan', plan, given)
  for (const i of given.stages.keys()) checkOrder(given, i)
  const { name, resolution } = given.stages.at(-1)!
  const size = imageSize('plan', resolution)
  if (Math.min(...size) < 4)
    throw new CascadeError(
      'input',
      `plan: stage '${name}': expected a last resolution of at least 4×4, which the evaluator takes, got ${shownSize(size)}`,
    )
}

/** @throws unless the stage has a name of its own and super-resolves the images of the one before it. */
function checkOrder({ stages }: CascadePlan, i: number): void {
  const { name, resolution } = stages[i]!
  const where = `plan: stages[${i}], '${name}'`
  if (name === EVALUATOR)
    throw new CascadeError('input', `${where}: expected another name: '${EVALUATOR}' is the evaluator's`)
  if (stages.slice(0, i).some((other) => other.name === name))
    throw new CascadeError('input', `${where}: expected different names, got '${name}' twice`)
  if (i === 0) return
  const [below, size] = [stages[i - 1]!.resolution, resolution].map((side) => imageSize(where, side))
  if (!isLarger(size!, below!))
    throw new CascadeError(
      'input',
      `${where}: expected a resolution that is larger than ${shownSize(below!)}, that of the stage before it, got ${shownSize(size!)}`,
    )
}
