import type { ArraysOf, NDArray } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'
import type { NoiseLevel } from '../process/noise-level.ts'
import type { Restart } from './restart.ts'

/**
 * One sampling run. `condition` is a tree of host arrays of n examples each, such as `{ label: int32([3, 7]) }`. It may
 * be omitted if the network takes none.
 */
export type SampleOptions<C> = RunOptions &
  (undefined extends C ? { readonly condition?: ArraysOf<C> } : { readonly condition: ArraysOf<C> })

/** What a sampling run needs besides its condition. */
export interface RunOptions {
  /** [n, height, width, channels] of the images. */
  readonly shape: readonly number[]
  /**
   * A key of random numbers. It may be omitted if nothing is drawn: by a deterministic sampler that starts from
   * `initial` images. Initial noise is drawn from `rng.fold('initial')`, the noise of the step at t from
   * `rng.fold('noise').fold(t)` (of t as a string if it is not an integer). After the n-th restart
   * `rng.fold('restart').fold(n)` takes the place of `rng`.
   */
  readonly rng?: Rng
  /**
   * The place of the first image in the whole set that is sampled. Default 0. For a given key, an image's noise depends
   * on its place only. So a set gives the same images however it is cut into batches.
   */
  readonly firstIndex?: number
  /** Images float32 of `shape` to start from, instead of standard normal noise. */
  readonly initial?: NDArray<'float32'>
  /**
   * The step of the `initial` images. Default: the first of `steps`. Less noisy images are first noised to that step by
   * the forward process. With -1, the data, this edits images (SDEdit, Meng et al. 2022).
   */
  readonly initialStep?: number
  /**
   * The steps at which the network is evaluated, decreasing: 0 … T-1, not necessarily whole; in continuous time, times
   * 0 … 1. Default: every step of a discrete process, from T-1 down.
   */
  readonly steps?: readonly number[]
  /**
   * The step or the noise level to stop at; the sample is x_stop. Default -1: the data. Anything noisier truncates the
   * run (paper, section 3.2): of `steps`, those above it are taken. A noise level may lie between steps, or between the
   * first step and the data.
   */
  readonly stop?: number | NoiseLevel
  /**
   * Returns to noisier steps, from which sampling continues. The paper applies `[{ at: -1, to: 2000 }]` to finished
   * samples (section 4.2); `repaintRestarts` makes those of RePaint. A run with a `stop` goes below it for a restart
   * there, and ends at the stop after the last one.
   */
  readonly restarts?: readonly Restart[]
  /** Called after each step, and awaited. If it returns images, they replace `xt`. */
  // biome-ignore lint/suspicious/noConfusingVoidType: it may be a function that returns nothing
  readonly afterStep?: (frame: Frame) => NDArray<'float32'> | void | Promise<NDArray<'float32'> | void>
  /** Called after each step: `step` of `steps` are done. */
  readonly progress?: (progress: { readonly step: number; readonly steps: number }) => void
  /** Ends the run before its next evaluation of the network, with an error of code `interrupted`. */
  readonly signal?: AbortSignal
}

/** The state of a run after a step. */
export interface Frame {
  /** How many steps came before this one. */
  readonly step: number
  readonly stepsLeft: number
  /** The step t of `xt`; -1 if that is the data; between -1 and 0 at a stop that is less noisy than step 0. */
  readonly t: number
  readonly xt: NDArray<'float32'>
  /** The x0 that the model predicted in this step. */
  readonly x0: NDArray<'float32'>
}
