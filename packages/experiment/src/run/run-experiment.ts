import { checkFlag, type KnownKeys } from '@cascade-diffusion/checks'
import { searchLevels } from '../evaluate/evaluate.ts'
import { withRun } from './active-run.ts'
import { type EvaluatedRun, evaluated } from './evaluated-run.ts'
import { checkOut, checkRunOptions, type PlannedRunOptions, plannedRunKeys } from './options.ts'
import { modelsOf } from './run-files.ts'

/** Options of {@link runExperiment}. */
export interface RunExperimentOptions extends PlannedRunOptions {
  /** Removes earlier checkpoints of the run first, and what was made of them. Default false. */
  readonly restart?: boolean
}

const runExperimentKeys: KnownKeys<RunExperimentOptions> = { ...plannedRunKeys, restart: true }

/**
 * An experiment from end to end: trains the evaluator and the stages, searches the levels of conditioning augmentation, evaluates the
 * samples, and writes the cascade, pictures, figures and a report to `out`: `trainRun` and `searchRun` in one. A run that was interrupted
 * resumes from its checkpoints.
 * @throws as `trainRun`.
 */
export async function runExperiment(options: RunExperimentOptions): Promise<EvaluatedRun> {
  const where = 'runExperiment'
  checkRunOptions(where, options, runExperimentKeys)
  const { restart = false, ...rest } = options
  checkOut(where, rest.out)
  checkFlag(where, 'restart', restart)
  const started = performance.now()
  const wanted = modelsOf(rest.plan)
  return withRun(rest, { wanted, restarted: restart ? wanted : [] }, (run) => evaluated(run, started, searchLevels))
}
