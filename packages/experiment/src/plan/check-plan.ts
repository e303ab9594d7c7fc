import { stageSamplingSchema } from '@cascade-diffusion/cascade'
import { CascadeError, parseConfig, type Schema, schema } from '@cascade-diffusion/checks'
import { dataSchema } from '../data/data.ts'
import type { BaseStagePlan, ExperimentPlan, StagePlan, SuperResolutionStagePlan } from './plan.ts'
import { count, stageTrainingSchema, trainingSchema } from './training-schema.ts'

/** The name of the evaluator's checkpoint, which no stage may have. */
export const EVALUATOR = 'classifier'

// What is in it is checked where the stage is made, which knows custom networks and augmentations too.
const stage = <Options>(): Schema<Options> =>
  schema.value('a stage, { name, resolution, process, network }', (x) => typeof x === 'object' && x !== null)

const common = <Options>() => ({
  stage: stage<Options>(),
  training: stageTrainingSchema,
  sampling: stageSamplingSchema,
})

const base = schema.record<BaseStagePlan>(common())

const superResolution = schema.record<SuperResolutionStagePlan>({
  ...common(),
  levels: schema.list(schema.integer({ from: 0 }), 1),
})

/** Whether a plan is one of a super-resolution stage, complete or not. */
function isUpper(plan: unknown): boolean {
  const { stage, levels } = (plan ?? {}) as { readonly stage?: unknown; readonly levels?: unknown }
  return levels !== undefined || (typeof stage === 'object' && stage !== null && 'augmentation' in stage)
}

const stages = schema.list<StagePlan<unknown>>(schema.either(base, superResolution, isUpper), 1)

const plan = schema.record<ExperimentPlan>({
  name: schema.value('a name of letters, digits, - and _', (x) => typeof x === 'string' && /^[\w-]+$/.test(x)),
  title: schema.text(),
  about: schema.text(),
  note: schema.optional(schema.text()),
  data: dataSchema,
  evaluator: schema.record<ExperimentPlan['evaluator']>({ name: schema.oneOf([EVALUATOR]), training: trainingSchema }),
  stages: stages as unknown as Schema<ExperimentPlan['stages']>,
  samplesPerClass: count(),
  samplingBatchSize: count(),
})

/**
 * Checks a plan before anything is loaded or trained.
 * @throws one error with everything that is wrong, each with its path; or the first stage that does not follow on the one before it.
 */
export function checkPlan(given: ExperimentPlan): void {
  parseConfig('plan', plan, given)
  for (const i of given.stages.keys()) checkOrder(given, i)
}

/** @throws unless the stages make a cascade: the first is a base, each other one super-resolves the images of the one before it. */
function checkOrder({ stages }: ExperimentPlan, i: number): void {
  const { name, resolution } = stages[i]!.stage
  const where = `plan: stages[${i}], '${name}'`
  if (i === 0 && isUpper(stages[0]))
    throw new CascadeError('input', `${where}: expected a base stage first, which has no augmentation and no levels`)
  if (i > 0 && !isUpper(stages[i]))
    throw new CascadeError('input', `${where}: expected an augmentation and levels, as super-resolution stages have`)
  if (name === EVALUATOR)
    throw new CascadeError('input', `${where}: expected another name: '${EVALUATOR}' is the evaluator's`)
  if (stages.slice(0, i).some((other) => other.stage.name === name))
    throw new CascadeError('input', `${where}: expected different names, got '${name}' twice`)
  const below = stages[i - 1]?.stage.resolution
  if (below !== undefined && !(resolution > below && resolution % below === 0))
    throw new CascadeError(
      'input',
      `${where}: expected a resolution that is a multiple of ${below}, that of the stage before it, got ${resolution}`,
    )
}
