import type { Compile } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkFunction,
  checkOptions,
  checkSignal,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import type { ExperimentData } from '../data/load-context.ts'
import type { ExperimentEvent } from '../events.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { checkPlan } from '../plan/check-plan.ts'

/** Options of everything that works on a run. */
export interface RunOptions {
  /** How functions are run: `jit`, or `eager`. */
  readonly compile: Compile
  /** The images of the plan, if they are loaded already. Default: they are loaded. */
  readonly data?: ExperimentData
  /** Called with every event, about once a step. */
  readonly progress?: (event: ExperimentEvent) => void
  /** Ends the work when it aborts. Training saves a checkpoint first. */
  readonly signal?: AbortSignal
}

/** Options of what trains a plan in a folder. */
export interface PlannedRunOptions extends RunOptions {
  readonly plan: CascadePlan
  /** The folder of the run, which everything is written to. */
  readonly out: string
}

/** Options of what works on a run that is there. */
export interface OpenedRunOptions extends RunOptions {
  /** The plan, if it is to differ from that of the run, or holds custom values. Default: that of the run. */
  readonly plan?: CascadePlan
}

const ofAll: KnownKeys<RunOptions> = { compile: true, data: true, progress: true, signal: true }

/** The names of {@link PlannedRunOptions}. */
export const plannedRunKeys: KnownKeys<PlannedRunOptions> = { ...ofAll, plan: true, out: true }

/** The names of {@link OpenedRunOptions}. */
export const openedRunKeys: KnownKeys<OpenedRunOptions> = { ...ofAll, plan: true }

/** @throws if an option is missing, unknown or wrong, or the plan is. */
export function checkRunOptions<T extends RunOptions & { readonly plan?: CascadePlan | undefined }>(
  where: string,
  options: T,
  keys: KnownKeys<T>,
): void {
  checkOptions(where, options, keys)
  const { compile, progress, signal, plan } = options
  checkFunction(where, 'compile', compile, 'jit of @cascade-diffusion/jit, or eager of @cascade-diffusion/ops')
  if (progress !== undefined) checkFunction(where, 'progress', progress)
  if (signal !== undefined) checkSignal(where, signal)
  if (plan !== undefined || 'out' in options) checkPlan(plan as CascadePlan)
}

/** @throws unless it may be the path of a folder. */
export function checkOut(where: string, out: unknown): string {
  if (typeof out === 'string' && out !== '') return out
  throw new CascadeError('input', `${where}: expected out, the path of a folder, got ${shown(out)}`)
}
