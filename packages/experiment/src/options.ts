import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Compile } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import type { ExperimentEvent } from './events.ts'
import type { CascadePlan } from './plan/cascade-plan.ts'
import { checkPlan, EVALUATOR } from './plan/check-plan.ts'

/** Options of every part of an experiment. */
export interface ExperimentOptions {
  readonly plan: CascadePlan
  /** The folder that everything is written to: the run. */
  readonly out: string
  /** How functions are run: `jit`, or `eager`. */
  readonly compile: Compile
  /** Called with every event, about once a step. */
  readonly progress?: (event: ExperimentEvent) => void
  /** Ends the experiment when it aborts. Training saves a checkpoint first. */
  readonly signal?: AbortSignal
}

const experimentKeys: KnownKeys<ExperimentOptions> = {
  plan: true,
  out: true,
  compile: true,
  progress: true,
  signal: true,
}

/** @throws if an option is missing, unknown or wrong, or the plan is. */
export function checkExperiment(where: string, options: ExperimentOptions): void {
  checkOptions(where, options, experimentKeys)
  if (typeof options.out !== 'string' || options.out === '')
    throw new CascadeError('input', `${where}: expected out, the path of a folder, got ${shown(options.out)}`)
  checkFunction(where, 'compile', options.compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  checkPlan(options.plan)
}

/**
 * The file of a model's checkpoint: `checkpoints/MODEL.safetensors`; or that of an older version, if it is there, in a
 * folder by the plan's name, where the evaluator was called classifier.
 */
export function checkpointPath({ plan, out }: Pick<ExperimentOptions, 'plan' | 'out'>, model: string): string {
  const older = join(out, 'checkpoints', plan.name, `${model === EVALUATOR ? 'classifier' : model}.safetensors`)
  return existsSync(older) ? older : join(checkpointFolder(out), `${model}.safetensors`)
}

/** The folder of a run's checkpoints. */
export const checkpointFolder = (out: string): string => join(out, 'checkpoints')
