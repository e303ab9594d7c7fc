import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import type {
  ProcessX0,
  ProcessX0Config,
  Restart,
  Sampler,
  SamplerConfig,
  Schedule,
} from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'
import type { ScheduleConfig, Spacing } from '@cascade-diffusion/schedules'
import type { GuidanceConfig } from './guidance/guidance-table.ts'
import type { StepsConfig } from './sampled-steps.ts'

/**
 * The class of each image: an int32 array [n], or a list of indices into `classNames`, or of their names. -1 is none, of a stage that
 * was trained with `labelDropout`.
 */
export type Labels = NDArray<'int32'> | ArrayLike<number> | readonly string[]

/** Options of `stageSampler`. */
export interface StageSamplerOptions {
  /** How to step: by name, e.g. `{ name: 'ddim', eta: 1 }`, or a value, e.g. `unipc()`. */
  readonly sampler: SamplerConfig | Sampler
  /** The schedule to sample with, chosen after training, if the network is conditioned on the noise level. Default: that of training. */
  readonly schedule?: ScheduleConfig | Schedule
  /** Keeps only some steps of the schedule, as Improved DDPM does; steps count those that are left. Default: all. */
  readonly spacing?: Spacing
  /**
   * Where the network is evaluated, decreasing; or at how many steps, evenly spaced from the last to the first, or spaced as
   * `{ count, by, from, to }` says. Default: every step of the process; in continuous time there is none, and no bare count.
   */
  readonly steps?: number | readonly number[] | StepsConfig
  /** Where noise is put back: `[{ at: -1, to: 2000 }]` is what the paper does to finished samples (Section 4.2). */
  readonly restarts?: readonly Restart[]
  /** `{ name: 'classifier-free', scale: 2 }`, or by a classifier. Default: none. */
  readonly guidance?: GuidanceConfig
  /** What is done to predicted images. Default `{ name: 'clip' }`; strong guidance calls for `{ name: 'dynamic-threshold' }`. */
  readonly processX0?: ProcessX0Config | ProcessX0
  /** `jit`, or `eager`. */
  readonly compile: Compile
}

/** What one run of a stage makes: one image for each example of its condition. */
export interface StageSampleOptions {
  /** How many images. */
  readonly count: number
  /** The class of each, by index or by name; only of a class-conditional stage. -1 is none, if it was trained with `labelDropout`. */
  readonly labels?: Labels
  /** The small images to super-resolve, float32 [count,h,w,C] in [-1, 1]; only of a super-resolution stage. */
  readonly lowRes?: NDArray<'float32'>
  /** s: how strongly `lowRes` is augmented, 0 for not at all; only of a super-resolution stage. */
  readonly level?: number
  /** An image's noise depends on this key and the image's place in the whole set only. */
  readonly rng: Rng
  /** The place of the first image in the whole set. Default 0. */
  readonly firstIndex?: number
  /** Ends the run before its next step, with an error of code `interrupted`. */
  readonly signal?: AbortSignal
}
