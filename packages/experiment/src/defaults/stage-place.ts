import type { StageSampling, StageUNetConfig } from '@cascade-diffusion/cascade'
import type { AugmentationConfig } from '@cascade-diffusion/conditioning-augmentation'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import type { Budget } from '../config/cascade-config.ts'
import type { StageTraining } from '../plan/cascade-plan.ts'
import type { Resolution } from './stage-sizes.ts'

/** What the defaults of a stage follow from. */
export interface StagePlace {
  readonly budget: Budget
  readonly resolution: Resolution
  /** The resolution of the stage below; undefined for a base. */
  readonly lowResolution: Resolution | undefined
  /** Whether the data have classes. */
  readonly labelled: boolean
}

/** The defaults of a stage. */
export interface StageDefaults {
  readonly process: ProcessConfig
  readonly network: StageUNetConfig
  readonly training: StageTraining
  /** Evaluations of the network in sampling. */
  readonly samplingSteps: number
  readonly sampling?: StageSampling
  /** Default: by the resolution and the process of the stage below. */
  readonly augmentation?: AugmentationConfig
  /** The level to use until there was a search. */
  readonly level?: number
}
