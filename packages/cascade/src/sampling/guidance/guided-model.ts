import type { Denoiser, DiffusionProcess, Network, ProcessX0, Schedule } from '@cascade-diffusion/diffusion'
import type { UNetCondition } from '@cascade-diffusion/unet'
import type { Stage } from '../../stage/stage.ts'

/** The model of a stage before it is guided. */
export interface GuidanceContext {
  readonly stage: Stage
  readonly network: Network<UNetCondition>
  readonly process: DiffusionProcess<Schedule>
  readonly processX0?: ProcessX0
}

/** The model that is sampled: a network, whose prediction is then processed, or a denoiser. */
export type GuidedModel =
  | { readonly network: Network<UNetCondition>; readonly processX0?: ProcessX0 }
  | { readonly denoiser: Denoiser<UNetCondition> }
