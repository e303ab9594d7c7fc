import { CascadeError } from '@cascade-diffusion/checks'
import { add, mul, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import type { Denoised } from '../../denoiser.ts'
import type { DiffusionProcess, Schedule } from '../../process.ts'
import type { Level } from '../level.ts'

/** A step of the reverse process: from the noise level where it is to the one where it goes. */
export interface Transition {
  readonly now: Level
  readonly next: Level
  /** The levels of the steps before, the latest first: as many as the sampler's `history`, fewer at the beginning. */
  readonly before: readonly Level[]
  /** How many steps the run has. */
  readonly steps: number
  readonly process: DiffusionProcess<Schedule>
  /** The level with that λ = ln(alpha / sigma), or the nearest that the process has. */
  ofLambda(lambda: number): Level
}

/** One call of the network. `K` are the names of the sampler's numbers. */
export interface Evaluation<K extends string> {
  /** The noise level of what the network is shown. */
  readonly at: Level
  /** The numbers of the update that follows, in float64. */
  readonly c: Readonly<Record<K, number>>
}

/** What a sampler makes its update from. */
export interface SamplerStep<K extends string> {
  /** What the network was shown. */
  readonly xt: Tensor4D
  /** What it made of that. */
  readonly denoised: Denoised
  /** The images that the update before this one left; zeros at the beginning of a run. */
  readonly history: readonly Tensor4D[]
  /** The numbers of the evaluation, each a tensor [1]. */
  readonly c: Readonly<Record<K, Tensor>>
  /** Standard normal noise like `xt`, the same in all evaluations of a step; only if the sampler needs any. */
  readonly noise: Tensor4D | undefined
}

/** What a sampler's update gives. */
export interface SamplerUpdate {
  readonly xt: Tensor4D
  /** As many images as the sampler's `history`, for the next update. Default none. */
  readonly history?: readonly Tensor4D[]
}

/**
 * A way to step through the reverse process: numbers, planned on the host in float64 before the run begins, and an update
 * of tensors that uses them. The driver owns the loop and the state.
 */
export interface Sampler<K extends string = string> {
  readonly name: string
  /** The names of its numbers. */
  readonly coefficients: readonly K[]
  readonly needsNoise: boolean
  /** How many images it carries from one evaluation to the next besides x_t. Default 0. */
  readonly history?: number
  /** Whether it goes from the data to the noise. Default false. */
  readonly upwards?: boolean
  /**
   * The evaluations that make up one step, nearly always one.
   * @throws if the sampler cannot take the step.
   */
  plan(transition: Transition): readonly Evaluation<K>[]
  /** What the network is shown, if not x_t itself: a traceable function of tensors. */
  prepare?(step: Pick<SamplerStep<K>, 'xt' | 'c' | 'noise'>): Tensor4D
  /** The images after the evaluation: a traceable function of tensors. */
  update(step: SamplerStep<K>): SamplerUpdate
}

/** Σ c x, for pairs of a number c, a tensor [1], and images x; images that are not there count as zeros. @throws if none are. */
export function weightedSum(...pairs: readonly (readonly [c: Tensor, x: Tensor4D | undefined])[]): Tensor4D {
  const terms = pairs.flatMap(([c, x]): Tensor4D[] => (x ? [mul(c, x)] : []))
  if (terms.length === 0)
    throw new CascadeError('input', 'weightedSum: expected a pair of a number and images, got none')
  return terms.reduce((sum, x) => add(sum, x))
}
