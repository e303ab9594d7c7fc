import type { Compile } from '@cascade-diffusion/arrays'
import type { TrainedStage } from '@cascade-diffusion/cascade'
import type { ExperimentData } from './data/load-context.ts'
import type { ExperimentEvent } from './events.ts'
import type { CascadePlan } from './plan/cascade-plan.ts'

/** What every part of a run needs. */
export interface RunContext {
  readonly plan: CascadePlan
  readonly data: ExperimentData
  readonly compile: Compile
  readonly signal: AbortSignal | undefined
  readonly progress: (event: ExperimentEvent) => void
}

/** A run whose stages are trained. */
export interface TrainedRun extends RunContext {
  /** The stages with their averaged weights, in the order of the plan. */
  readonly stages: readonly TrainedStage[]
}
