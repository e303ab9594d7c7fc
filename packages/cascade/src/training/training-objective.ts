import type { LossConfig } from '@cascade-diffusion/losses'
import type { NoiseLevelsConfig } from './noise-levels/noise-levels-table.ts'

/** The objective of training a stage: a JSON value, and part of its checkpoint. */
export interface TrainingObjective {
  /** Default `simple`; `hybrid` if the stage learns its variance. */
  readonly loss?: LossConfig
  /** Default `uniform`. */
  readonly noiseLevels?: NoiseLevelsConfig
}
