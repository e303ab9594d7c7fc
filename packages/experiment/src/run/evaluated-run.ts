import type { Cascade } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import { type EvaluatedSamples, evaluateLevels, searchLevels } from '../evaluate/evaluate.ts'
import { EVALUATOR } from '../plan/check-plan.ts'
import type { Outcome } from '../report/outcome.ts'
import { type ActiveRun, withRun } from './active-run.ts'
import { modelStates, wholePlan } from './open-run.ts'
import { checkOut, checkRunOptions, type OpenedRunOptions, openedRunKeys } from './options.ts'
import type { Weights } from './train-models.ts'
import { finishedRun, trainModels } from './train-run.ts'
import {
  type FinishedRun,
  keptLevels,
  savedOutcome,
  writeCascade,
  writeMetrics,
  writePictures,
  writeReport,
} from './write-results.ts'

/** What {@link searchRun}, {@link evaluateRun} and `runExperiment` end with. */
export interface EvaluatedRun {
  /** The path of the report. */
  readonly report: string
  readonly outcome: Outcome
  /** The trained cascade at its levels, which is saved in the folder of the run too. */
  readonly cascade: Cascade
}

/**
 * Chooses the levels s of conditioning augmentation of a trained run, and whether the stages below are truncated at
 * them, one stage after the other: of those in the plan, by the Fréchet distance of samples. The cascade in the folder
 * of the run gets them. The evaluator is trained first, unless it is.
 * @throws of code `input` if a stage is not trained; and as `trainRun`.
 */
export const searchRun = (out: string, options: OpenedRunOptions): Promise<EvaluatedRun> =>
  evaluatedRun('searchRun', out, options, searchLevels)

/**
 * Evaluates samples of a trained run, at the levels that its cascade has: their Fréchet distance to real images, and how
 * often they are of their class. The evaluator is trained first, unless it is.
 * @throws of code `input` if a stage is not trained; and as `trainRun`.
 */
export const evaluateRun = (out: string, options: OpenedRunOptions): Promise<EvaluatedRun> =>
  evaluatedRun('evaluateRun', out, options, async (run, evaluator) => {
    const earlier = await savedOutcome(run)
    return evaluateLevels(run, evaluator, await keptLevels(run), earlier?.evaluation.searches ?? [])
  })

type Evaluate = (run: FinishedRun, evaluator: Weights) => Promise<EvaluatedSamples>

async function evaluatedRun(
  where: string,
  given: string,
  options: OpenedRunOptions,
  evaluate: Evaluate,
): Promise<EvaluatedRun> {
  const out = checkOut(where, given)
  checkRunOptions(where, options, openedRunKeys)
  const plan = options.plan ?? (await wholePlan(where, out))
  const planned = { ...options, plan, out }
  checkRunOptions(where, planned, { ...openedRunKeys, out: true })
  const started = performance.now()
  return withRun(planned, { wanted: [EVALUATOR], restarted: [] }, async (run) => {
    const states = await modelStates(run)
    const missing = states.filter(({ name, trained }) => name !== EVALUATOR && !trained)
    if (missing.length > 0)
      throw new CascadeError(
        'input',
        `${where}: expected a run whose stages are trained, got ${out}, where ` +
          `${missing.map(({ name, step, steps }) => `'${name}' is at step ${step} of ${steps}`).join(', ')}: train it first`,
      )
    return evaluated(run, started, evaluate)
  })
}

/** Trains what is not trained of a run, evaluates its samples, and writes what was found. */
export async function evaluated(run: ActiveRun, started: number, evaluate: Evaluate): Promise<EvaluatedRun> {
  const weights = await trainModels(run, [EVALUATOR, ...run.stages.map(({ name }) => name)])
  const finished = finishedRun(run, weights)!
  const { evaluation, ...samples } = await evaluate(finished, weights.get(EVALUATOR)!)
  const { levels } = evaluation
  const cascade = await writeCascade(finished, levels)
  await writePictures(finished, samples, levels)
  const outcome: Outcome = {
    plan: run.plan,
    evaluation,
    seconds: (performance.now() - started) / 1000,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  }
  await writeMetrics(run, outcome)
  return { report: await writeReport(run, levels), outcome, cascade }
}
