import type { Compile, NDArray } from '@cascade-diffusion/arrays'
import type {
  NoiseLevel,
  ProcessX0,
  ProcessX0Config,
  Restart,
  Sampler,
  SamplerConfig,
  Schedule,
} from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'
import type { ScheduleConfig, Spacing } from '@cascade-diffusion/schedules'
import type { GuidanceConfig } from '../guidance/guidance-table.ts'
import type { StepsConfig } from './sampled-steps.ts'

/**
 * The class of each image: an int32 array [n], or a list of indices into `classNames`, or a list of names. -1 means no
 * class; it needs a stage that was trained with `labelDropout`.
 */
export type Labels = NDArray<'int32'> | ArrayLike<number> | readonly string[]

/** How a stage is sampled: configurations, or values, which cannot be saved. */
export interface SamplingChoices {
  /** The sampler: a configuration, e.g. `{ name: 'ddim', eta: 1 }`, or a value, e.g. `unipc()`. */
  readonly sampler: SamplerConfig | Sampler
  /**
   * The schedule to sample with, chosen after training, if the network is conditioned on the noise level. Default: that
   * of training.
   */
  readonly schedule?: ScheduleConfig | Schedule
  /**
   * Keeps only some steps of the schedule, as in Improved DDPM; `steps` then refers to the steps kept. Default: all.
   */
  readonly spacing?: Spacing
  /**
   * The steps at which the network is evaluated: a decreasing list; a number, evenly spaced from the last step to the
   * first; or `{ count, by, from, to }`. Default: every step of the process. Continuous time has no default and takes
   * no bare number. A truncated run takes those above its stop.
   */
  readonly steps?: number | readonly number[] | StepsConfig
  /**
   * Returns to noisier steps: the paper applies `[{ at: -1, to: 2000 }]` to finished samples (Section 4.2). A truncated
   * run is finished first, too: it stops at s after its last restart. Default: none.
   */
  readonly restarts?: readonly Restart[]
  /** `{ name: 'classifier-free', scale: 2 }`, or by a classifier. Default: none. */
  readonly guidance?: GuidanceConfig
  /**
   * How predicted images are processed. Default `{ name: 'clip' }`; strong guidance calls for `{ name:
   * 'dynamic-threshold' }`.
   */
  readonly processX0?: ProcessX0Config | ProcessX0
}

/** Options of `stageSampler`. */
export interface StageSamplerOptions extends SamplingChoices {
  /** `jit`, or `eager`. */
  readonly compile: Compile
}

/** Options of one run of a stage. */
export interface StageSampleOptions {
  /** The number of images. */
  readonly count: number
  /**
   * The class of each image, by index or by name; only for a class-conditional stage. -1 means no class: see {@link
   * Labels}.
   */
  readonly labels?: Labels
  /** The small images to super-resolve, float32 [count,h,w,C] in [-1, 1]; only for a super-resolution stage. */
  readonly lowRes?: NDArray<'float32'>
  /** s, the level of augmentation of `lowRes`, 0 for none; only for a super-resolution stage. */
  readonly level?: number
  /**
   * Whether `lowRes` is augmented to `level` already, by a truncated stage. Default false: noise is added (paper,
   * section 3.3).
   */
  readonly augmented?: boolean
  /**
   * The noise level to stop the reverse process at: the images are x_t there. Default: the data. Truncated sampling
   * (paper, section 3.2); `truncatedStop` gives it.
   */
  readonly stop?: NoiseLevel
  /** The noise of an image depends only on this key and on the image's place in the whole set. */
  readonly rng: Rng
  /** The place of the first image in the whole set. Default 0. */
  readonly firstIndex?: number
  /** Called after each step: `step` of `steps` are done. */
  readonly progress?: (progress: { readonly step: number; readonly steps: number }) => void
  /** Ends the run before its next step, with an error of code `interrupted`. */
  readonly signal?: AbortSignal
}
