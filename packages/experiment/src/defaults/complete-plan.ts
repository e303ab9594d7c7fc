import { basename } from 'node:path'
import type { Budget, CascadeConfig } from '../config/cascade-config.ts'
import { sizedStages } from '../config/sized-stages.ts'
import type { DataConfig } from '../data/data.ts'
import type { CascadePlan, EvaluationPlan, PlannedBase, PlannedSuperResolution } from '../plan/cascade-plan.ts'
import { checkFacts } from './check-facts.ts'
import { completeStage, powerOfTwo } from './complete-stage.ts'
import type { DataFacts } from './data-facts.ts'
import { prepared } from './prepared-data.ts'
import { stageSizes } from './stage-sizes.ts'

/** A configuration whose preset is merged into it and whose data are complete ({@link completeData}). */
export type ConfigWithData = Omit<CascadeConfig, 'data' | 'preset'> & { readonly data: DataConfig }

/** What else a plan follows from. */
export interface CompletePlanOptions {
  /** The memory that training may take, in bytes: `machineMemory()`. */
  readonly memoryBytes: number
}

/** Images that are sampled for the figures. */
const samples: Readonly<Record<Budget, number>> = { tiny: 96, small: 500, base: 5000, paper: 50_000 }

/** How the evaluator is trained. */
const evaluatorTraining: EvaluationPlan['training'] = {
  steps: 400,
  batchSize: 64,
  learningRate: { name: 'cosine', rate: 2e-3, warmup: 50 },
  averages: { ema: { decay: 0.99 } },
}

/**
 * The plan of a configuration: whatever it leaves open follows from the data, the budget and the memory. What it says is taken. A plan is
 * its own completion.
 * @throws if the data do not allow it: see {@link checkFacts}.
 */
export function completePlan(
  config: ConfigWithData,
  facts: DataFacts,
  { memoryBytes }: CompletePlanOptions,
): CascadePlan {
  const { network: budget = 'small', training, report, evaluation, seed = 0 } = config
  const { batchSize, ...sampling } = config.sampling ?? {}
  const name = config.name ?? nameOf(config.data, facts)
  const given = sizedStages(config.stages, stageSizes(budget, facts))
  const stages: (PlannedBase | PlannedSuperResolution)[] = []
  for (const stage of given)
    stages.push(completeStage(stage, { budget, training, sampling, stages, facts, memoryBytes }))
  const labelled = (facts.classNames?.length ?? 0) > 1
  const plan: CascadePlan = {
    name,
    report: {
      title: report?.title ?? `A cascade on ${name}`,
      about: report?.about ?? aboutOf(facts),
      note: report?.note,
    },
    seed,
    data: prepared(config.data, facts, stages.at(-1)!.resolution),
    stages: stages as unknown as CascadePlan['stages'],
    sampling: {
      batchSize: batchSize ?? Math.min(64, powerOfTwo(4 * stages.at(-1)!.training.batchSize)),
    },
    evaluation: {
      features: evaluation?.features ?? (labelled ? 'classes' : 'rotations'),
      training: {
        ...evaluatorTraining,
        batchSize: Math.min(evaluatorTraining.batchSize, powerOfTwo(facts.count)),
        ...evaluation?.training,
      },
      samples: evaluation?.samples ?? samples[budget],
    },
  }
  checkFacts(plan, facts)
  return plan
}

/** A name for a run: that of the folder, the file or the data set. */
function nameOf(data: DataConfig, { name }: DataFacts): string {
  const from = 'name' in data && data.name !== 'images' ? data.name : basename(placeOf(name))
  return (
    from
      .replace(/\.\w+$/, '')
      .replace(/[^\w-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'cascade'
  )
}

/** The name of a source without that of its part: ` (train)`. */
const placeOf = (name: string): string => name.replace(/ \([^()]*\)$/, '')

function aboutOf({ name, count, classNames }: DataFacts): string {
  const classes = classNames && classNames.length > 1 ? ` of ${classNames.length} classes` : ''
  return `${count.toLocaleString('en')} images${classes} of ${basename(placeOf(name))}.`
}
