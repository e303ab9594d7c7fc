import type { ArraysOf, NDArray } from '@cascade-diffusion/arrays'
import type { Rng } from '@cascade-diffusion/random'
import type { Restart } from './restart.ts'

/**
 * One sampling run. `condition` is a tree of host arrays of n examples each, such as `{ label: int32([3, 7]) }`; it may be left out if
 * the network takes none.
 */
export type SampleOptions<C> = RunOptions &
  (undefined extends C ? { readonly condition?: ArraysOf<C> } : { readonly condition: ArraysOf<C> })

/** What a sampling run needs besides its condition. */
export interface RunOptions {
  /** [n, height, width, channels] of the images. */
  readonly shape: readonly number[]
  /**
   * A key of random numbers. It may be left out if nothing is drawn: by a deterministic sampler from `initial` images. The noise that
   * a run begins with is drawn from `rng.fold('initial')`, that of the step at t from
   * `rng.fold('noise').fold(t)` (of t as a string if it is not an integer); after the n-th restart both from
   * `rng.fold('restart').fold(n)` in place of `rng`.
   */
  readonly rng?: Rng
  /**
   * The place of the first image in the whole set that is sampled. Default 0. An image's noise depends on its place
   * only, so that a set may be cut into batches anywhere and gives the same images.
   */
  readonly firstIndex?: number
  /** Images float32 of `shape` to start from, instead of standard normal noise. */
  readonly initial?: NDArray<'float32'>
  /**
   * The step that `initial` is at. Default: the first of `steps`. From a less noisy one the forward process takes it there
   * first: from -1, the data, this edits images (SDEdit, Meng et al. 2022).
   */
  readonly initialStep?: number
  /**
   * Where the network is evaluated, decreasing: steps 0 … T-1, which may lie between two, or times 0 … 1 of a process in
   * continuous time. Default: every step of a discrete process from T-1 down to the one above `stop`.
   */
  readonly steps?: readonly number[]
  /** The step to stop at; the sample is x_stop. Default -1: the data. Above, it truncates (paper, section 3.2). */
  readonly stop?: number
  /**
   * Where noise is put back, to be sampled again: `[{ at: -1, to: 2000 }]` is what the paper does to finished
   * samples (section 4.2); `repaintRestarts` are those of RePaint.
   */
  readonly restarts?: readonly Restart[]
  /** Called after each step, and waited for. Images that it gives take the place of `xt`. */
  // biome-ignore lint/suspicious/noConfusingVoidType: it may be a function that returns nothing
  readonly afterStep?: (frame: Frame) => NDArray<'float32'> | void | Promise<NDArray<'float32'> | void>
  /** Ends the run before its next evaluation of the network, with an error of code `interrupted`. */
  readonly signal?: AbortSignal
}

/** What a run has reached after a step. */
export interface Frame {
  /** How many steps came before this one. */
  readonly step: number
  readonly stepsLeft: number
  /** The step t of `xt`; -1 if that is the data. */
  readonly t: number
  readonly xt: NDArray<'float32'>
  /** The data that the model predicted in this step. */
  readonly x0: NDArray<'float32'>
}
