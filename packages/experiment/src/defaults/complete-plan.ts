import { basename } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import type { Budget, CascadeConfig } from '../config/cascade-config.ts'
import { stageOf } from '../config/preset.ts'
import type { DataConfig } from '../data/data.ts'
import type { CascadePlan, EvaluationPlan, PlannedBase, PlannedSuperResolution } from '../plan/cascade-plan.ts'
import { completeStage, type SizedStage } from './complete-stage.ts'
import type { DataFacts } from './data-facts.ts'
import { prepared } from './prepared-data.ts'
import { type Resolution, stageSizes } from './stage-sizes.ts'

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
 */
export function completePlan(
  config: ConfigWithData,
  facts: DataFacts,
  { memoryBytes }: CompletePlanOptions,
): CascadePlan {
  const { network: budget = 'small', training, report, evaluation, seed = 0 } = config
  const { batchSize, ...sampling } = config.sampling ?? {}
  const name = config.name ?? nameOf(config.data, facts)
  const stages: (PlannedBase | PlannedSuperResolution)[] = []
  for (const stage of sizedStages(config, stageSizes(budget, facts)))
    stages.push(completeStage(stage, { budget, training, sampling, below: stages.at(-1), facts, memoryBytes }))
  const labelled = (facts.classNames?.length ?? 0) > 1
  return {
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
      batchSize: batchSize ?? Math.min(64, 2 ** Math.floor(Math.log2(stages.at(-1)!.training.batchSize * 4))),
    },
    evaluation: {
      features: evaluation?.features ?? (labelled ? 'classes' : 'rotations'),
      training: { ...evaluatorTraining, ...evaluation?.training },
      samples: evaluation?.samples ?? samples[budget],
    },
  }
}

/**
 * The stages with their resolutions. If none says one, they are those of the data, and what is said is of the stage at that place.
 * @throws if some say one and others do not, or there are more than the data have.
 */
function sizedStages({ stages = [] }: ConfigWithData, ofData: readonly Resolution[]): readonly SizedStage[] {
  const given = stages.map(stageOf)
  const said = given.some(({ resolution }) => resolution !== undefined)
  const missing = said ? given.findIndex(({ resolution }) => resolution === undefined) : ofData.length
  if (missing >= 0 && missing < given.length)
    throw new CascadeError(
      'input',
      said
        ? `config: expected stages[${missing}].resolution, since another stage says one, got undefined`
        : `config: expected at most ${ofData.length} stages (${ofData.join(', ')} by the size of the images), or their resolutions, got ${given.length}`,
    )
  if (said) return given as readonly SizedStage[]
  return ofData.map((resolution, i) => ({ ...given[i], resolution }))
}

/** A name for a run: that of the folder, the file or the data set. */
function nameOf(data: DataConfig, { name }: DataFacts): string {
  const from = 'name' in data && data.name !== 'images' ? data.name : basename(name.replace(/ \([^)]*\)$/, ''))
  return (
    from
      .replace(/\.\w+$/, '')
      .replace(/[^\w-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'cascade'
  )
}

function aboutOf({ name, count, classNames }: DataFacts): string {
  const classes = classNames && classNames.length > 1 ? ` of ${classNames.length} classes` : ''
  return `${count.toLocaleString('en')} images${classes} of ${name}.`
}
