import { stageSamplingSchema, stageSchemas } from '@cascade-diffusion/cascade'
import { CascadeError, parseConfig, type Schema, schema, shown } from '@cascade-diffusion/checks'
import { dataSchema } from '../data/data.ts'
import type { BaseStagePlan, ExperimentPlan, StagePlan, SuperResolutionStagePlan } from './plan.ts'
import { count, stageTrainingSchema, trainingSchema } from './training-schema.ts'

/** The name of the evaluator's checkpoint, which no stage may have. */
export const EVALUATOR = 'classifier'

const { name, resolution, process, network, labelDropout, augmentation } = stageSchemas
const ofStage = { name, resolution, process, network, labelDropout }
const common = { training: stageTrainingSchema, sampling: stageSamplingSchema }

const base = schema.record<BaseStagePlan>({ ...common, stage: schema.record<BaseStagePlan['stage']>(ofStage) })

const superResolution = schema.record<SuperResolutionStagePlan>({
  ...common,
  stage: schema.record<SuperResolutionStagePlan['stage']>({ ...ofStage, augmentation }),
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
 * A custom augmentation, and what only the whole stage shows, is checked when the stage is made.
 */
export function checkPlan(given: ExperimentPlan): void {
  checkKinds(given)
  parseConfig('plan', plan, given)
  for (const i of given.stages.keys()) checkOrder(given, i)
}

/** @throws unless the first stage is a base, and all others super-resolution stages. The rest of the plan may be anything. */
function checkKinds(plan: Partial<ExperimentPlan> | undefined): void {
  const stages: unknown = plan?.stages
  if (!Array.isArray(stages)) return
  for (const [i, stage] of stages.entries()) {
    const where = `plan: stages[${i}], ${shown((stage as StagePlan<{ name?: string }> | undefined)?.stage?.name)}`
    if (i === 0 && isUpper(stage))
      throw new CascadeError('input', `${where}: expected a base stage first, which has no augmentation and no levels`)
    if (i > 0 && !isUpper(stage))
      throw new CascadeError('input', `${where}: expected an augmentation and levels, as super-resolution stages have`)
  }
}

/** @throws unless the stages make a cascade: each after the first super-resolves the images of the one before it. */
function checkOrder({ stages }: ExperimentPlan, i: number): void {
  const { name, resolution } = stages[i]!.stage
  const where = `plan: stages[${i}], '${name}'`
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
