import { existsSync } from 'node:fs'
import type { Cascade } from '@cascade-diffusion/cascade'
import { CascadeError, checkFlag, checkOneOf, isCascadeError, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { EVALUATOR } from '../plan/check-plan.ts'
import { classLabels, sampleImages, shownClasses } from '../sample.ts'
import { type ActiveRun, withRun } from './active-run.ts'
import { type ModelState, modelStates } from './open-run.ts'
import { checkOut, checkRunOptions, type PlannedRunOptions, plannedRunKeys } from './options.ts'
import { removeResults } from './remove-files.ts'
import { modelsOf, runFiles } from './run-files.ts'
import { trainedEvaluator, trainedStage, type Weights } from './train-models.ts'
import { type FinishedRun, keptLevels, writeCascade, writePictures, writeReport } from './write-results.ts'

/** Options of {@link trainRun}. */
export interface TrainRunOptions extends PlannedRunOptions {
  /** The names of the stages to train, or `evaluator`. Default: all stages. */
  readonly stages?: readonly string[]
  /** Removes earlier checkpoints of what is trained first, and what was made of them. Default false. */
  readonly restart?: boolean
}

const trainRunKeys: KnownKeys<TrainRunOptions> = { ...plannedRunKeys, stages: true, restart: true }

/** What {@link trainRun} ends with. */
export interface TrainRunResult {
  /** The path of the report. */
  readonly report: string
  /** How far the stages are trained, in the order of the plan. */
  readonly stages: readonly ModelState[]
  /** The cascade, if all its stages are trained. */
  readonly cascade: Cascade | undefined
}

/**
 * Trains what is not trained yet of a plan, in the folder of a run; a model that was begun is resumed from its
 * checkpoint. If all stages are trained then, the cascade is saved in the folder and sampled. However often it was
 * interrupted, even killed, the run ends in the same files, to the last byte; only times and TensorBoard's files differ.
 * @throws of code `interrupted` if the signal ended it, with a checkpoint saved; of code `checkpoint` if a checkpoint is
 * of another plan or damaged; of code `file` if another process uses the folder, or it cannot be written; if the plan is
 * wrong or needs more memory than there is, data are missing, or training diverges.
 */
export async function trainRun(options: TrainRunOptions): Promise<TrainRunResult> {
  const where = 'trainRun'
  checkRunOptions(where, options, trainRunKeys)
  const { stages: given, restart = false, ...rest } = options
  checkOut(where, rest.out)
  checkFlag(where, 'restart', restart)
  const names = chosenModels(where, options)
  const restarted = restart ? (given === undefined ? modelsOf(rest.plan) : names) : []
  return withRun(rest, { wanted: names, restarted }, async (run) => {
    const weights = await trainModels(run, names)
    const finished = finishedRun(run, weights)
    const levels = finished ? await keptLevels(finished) : []
    const cascade = finished && (await writeCascade(finished, levels))
    if (finished && !runFiles(run.out).pictures.every(existsSync)) {
      const classes = Math.min(run.data.train.classNames?.length ?? 4, shownClasses)
      const count = Math.min(run.plan.evaluation.samples, 8 * classes)
      const samples = await sampleImages(finished, { levels, count, labels: classLabels(finished, count, classes) })
      await writePictures(finished, samples, levels)
    }
    const report = await writeReport(run, levels)
    const [, ...stages] = await modelStates(run)
    return { report, stages, cascade }
  })
}

/** The models to train, in the order of training. */
function chosenModels(where: string, { plan, stages }: TrainRunOptions): readonly string[] {
  const all = modelsOf(plan)
  if (stages === undefined) return all.filter((name) => name !== EVALUATOR)
  if (!Array.isArray(stages) || stages.length === 0)
    throw new CascadeError('input', `${where}: expected stages, a list of names, got ${shown(stages)}`)
  for (const name of stages) checkOneOf(where, 'the name of a stage', name, all)
  return all.filter((name) => stages.includes(name))
}

/**
 * Trains models of a run, and reads the other stages if all of them are trained then. If the signal ends it, the report says how far it came.
 * @returns the averaged weights of each model that is trained, by name.
 */
export async function trainModels(run: ActiveRun, names: readonly string[]): Promise<ReadonlyMap<string, Weights>> {
  const states = await modelStates(run)
  const wanted = states.filter(({ name }) => names.includes(name))
  // What was made of other weights would be taken for that of these.
  if (wanted.some(({ name, trained }) => name !== EVALUATOR && !trained)) await removeResults(run)
  const isStage = ({ name }: ModelState) => name !== EVALUATOR
  const isWhole = states.filter(isStage).every(({ name, trained }) => trained || names.includes(name))
  const needed = isWhole ? states.filter((state) => isStage(state) || names.includes(state.name)) : wanted
  const weights = new Map<string, Weights>()
  try {
    for (const { name } of needed) {
      const stage = run.stages.find((stage) => stage.name === name)
      weights.set(name, await (stage ? trainedStage(run, stage) : trainedEvaluator(run)))
    }
  } catch (error) {
    // The interruption is the error, even if there is no report of it.
    if (isCascadeError(error, 'interrupted')) await writeReport(run, []).catch(() => {})
    throw error
  }
  return weights
}

/** The run with its stages, if all of them are trained. */
export function finishedRun(run: ActiveRun, weights: ReadonlyMap<string, Weights>): FinishedRun | undefined {
  const stages = run.stages.flatMap((stage) => {
    const params = weights.get(stage.name)
    return params ? [{ stage, params }] : []
  })
  return stages.length === run.stages.length ? { ...run, stages } : undefined
}
