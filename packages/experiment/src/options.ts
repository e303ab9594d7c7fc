import { join } from 'node:path'
import type { Compile } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOptions,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import type { ExperimentEvent } from './events.ts'
import { checkPlan } from './plan/check-plan.ts'
import type { ExperimentPlan } from './plan/plan.ts'

/** Options of every part of an experiment. */
export interface ExperimentOptions {
  readonly plan: ExperimentPlan
  /** Fixes weights, batches and noise. */
  readonly seed: number
  /** The folder that everything is written to. Checkpoints are in `checkpoints/NAME`, by the plan's name. */
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
  seed: true,
  out: true,
  compile: true,
  progress: true,
  signal: true,
}

/** @throws if an option is missing, unknown or wrong, or the plan is. */
export function checkExperiment(where: string, options: ExperimentOptions): void {
  checkOptions(where, options, experimentKeys)
  checkInteger(where, 'a seed', options.seed, { from: 0 })
  if (typeof options.out !== 'string' || options.out === '')
    throw new CascadeError('input', `${where}: expected out, the path of a folder, got ${shown(options.out)}`)
  checkFunction(where, 'compile', options.compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  checkPlan(options.plan)
}

/** The file of a model's checkpoint. */
export const checkpointPath = ({ plan, out }: Pick<ExperimentOptions, 'plan' | 'out'>, model: string): string =>
  join(checkpointFolder({ plan, out }), `${model}.safetensors`)

/** The folder of a plan's checkpoints. */
export const checkpointFolder = ({ plan, out }: Pick<ExperimentOptions, 'plan' | 'out'>): string =>
  join(out, 'checkpoints', plan.name)
