import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { type Stage, type TrainStageOptions, trainStage } from '@cascade-diffusion/cascade'
import { CascadeError, isCascadeError } from '@cascade-diffusion/checks'
import { learningRateOf, type TrainProgress, type TrainResult } from '@cascade-diffusion/training'
import { dataAt } from '../data/data.ts'
import { trainEvaluator } from '../evaluate/evaluator.ts'
import type { ModelLog } from '../log/run-log.ts'
import { lastSize } from '../plan/cascade-plan.ts'
import { EVALUATOR } from '../plan/check-plan.ts'
import type { ActiveRun } from './active-run.ts'
import { removeOlder } from './remove-files.ts'
import { checkpointPath } from './run-files.ts'
import { writeReport } from './write-results.ts'

/** Averaged weights. */
export type Weights = Params<NDArray>

/**
 * Trains the evaluator, or resumes from its checkpoint. A trained one is read.
 * @returns its averaged weights.
 * @throws as {@link trainedStage}.
 */
export function trainedEvaluator(run: ActiveRun): Promise<Weights> {
  const { plan, data } = run
  const { features, training } = plan.evaluation
  return trained(run, EVALUATOR, training.steps, run.log.model(EVALUATOR), (common) =>
    trainEvaluator({
      ...common,
      dataset: dataAt(lastSize(plan), data).train,
      features,
      plan: training,
      checkpointPath: checkpointPath(run, EVALUATOR),
    }),
  )
}

/**
 * Trains a stage, or resumes from its checkpoint. A trained one is read.
 * @returns its averaged weights.
 * @throws of code `interrupted` if the signal ended it, with a checkpoint saved; if a checkpoint cannot be used or
 * written, or training diverges.
 */
export function trainedStage(run: ActiveRun, stage: Stage): Promise<Weights> {
  const planned = run.plan.stages.find(({ name }) => name === stage.name)!
  const { saveEvery = 250, sampleEvery, ...training } = planned.training
  // The report follows the training.
  const log = run.log.stage(stage, async () => void (await writeReport({ ...run, progress: () => {} }, [])))
  return trained(run, stage.name, training.steps, log, (common) =>
    trainStage({
      ...common,
      ...training,
      stage,
      dataset: run.data.train,
      learningRate: learningRateOf(training.learningRate, training.steps),
      observe: log.observe,
      checkpoint: { path: checkpointPath(run, stage.name), every: saveEvery },
    }),
  )
}

type Common = Pick<TrainStageOptions, 'seed' | 'compile' | 'signal' | 'progress'>

async function trained(
  run: ActiveRun,
  model: string,
  steps: number,
  log: ModelLog,
  start: (common: Common) => Promise<TrainResult>,
): Promise<Weights> {
  const { plan, compile, signal } = run
  const progress = ({ losses, ...step }: TrainProgress) => {
    log.progress({ ...step, losses })
    run.progress({ type: 'training', model, ...step })
  }
  try {
    const { ema } = await start({ seed: plan.seed, compile, signal, progress })
    await removeOlder(run, model)
    return ema
  } catch (error) {
    throw stopped(model, steps, error)
  }
}

/** Says which model an interruption ended. The same call resumes from its checkpoint. */
function stopped(model: string, steps: number, error: unknown): unknown {
  if (!isCascadeError(error, 'interrupted')) return error
  // A source may be interrupted too.
  const { result } = error as { readonly result?: TrainResult }
  if (!result) return error
  const { step } = result
  return new CascadeError('interrupted', `${model}: stopped at step ${step} of ${steps}`, { cause: error })
}
