import { CascadeError } from '@cascade-diffusion/checks'
import { add, mul, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import type { Denoised } from '../../model/denoiser.ts'
import type { DiffusionProcess, Schedule } from '../../process/process.ts'
import type { Level } from '../level.ts'

/** A step of the reverse process, from one noise level to the next. */
export interface Transition {
  readonly now: Level
  readonly next: Level
  /**
   * The noise levels of the previous steps, the latest first: as many as the sampler's `history`, fewer at the start.
   */
  readonly before: readonly Level[]
  /** The number of steps of the run. */
  readonly steps: number
  readonly process: DiffusionProcess<Schedule>
  /** The noise level of that λ = ln(alpha / sigma), or the nearest in the process. */
  ofLambda(lambda: number): Level
}

/** One call of the network. `K` are the names of the sampler's coefficients. */
export interface Evaluation<K extends string> {
  /** The noise level of the network's input. */
  readonly at: Level
  /** The coefficients of the update that follows, in float64. */
  readonly c: Readonly<Record<K, number>>
}

/** The inputs of a sampler's update. */
export interface SamplerStep<K extends string> {
  /** The network's input. */
  readonly xt: Tensor4D
  /** The model's prediction for it. */
  readonly denoised: Denoised
  /** The images that the previous update stored; zeros at the start of a run. */
  readonly history: readonly Tensor4D[]
  /** The coefficients of the evaluation, each a tensor [1]. */
  readonly c: Readonly<Record<K, Tensor>>
  /**
   * Standard normal noise of the shape of `xt`, the same in all evaluations of a step; only if the sampler needs it.
   */
  readonly noise: Tensor4D | undefined
}

/** The result of a sampler's update. */
export interface SamplerUpdate {
  readonly xt: Tensor4D
  /** The images for the next update, as many as the sampler's `history`. Default: none. */
  readonly history?: readonly Tensor4D[]
}

/**
 * A way to step through the reverse process: coefficients, planned on the host in float64 before the run, and an update
 * of tensors that uses them. The driver owns the loop and the state.
 */
export interface Sampler<K extends string = string> {
  readonly name: string
  /** The names of its coefficients. */
  readonly coefficients: readonly K[]
  readonly needsNoise: boolean
  /** The number of images, besides x_t, that it carries from one evaluation to the next. Default 0. */
  readonly history?: number
  /** Whether it goes from the data to the noise. Default false. */
  readonly upwards?: boolean
  /**
   * The evaluations that make up one step, usually one.
   * @throws if the sampler cannot take the step.
   */
  plan(transition: Transition): readonly Evaluation<K>[]
  /** The network's input, if it is not x_t itself: a traceable function of tensors. */
  prepare?(step: Pick<SamplerStep<K>, 'xt' | 'c' | 'noise'>): Tensor4D
  /** The images after the evaluation: a traceable function of tensors. */
  update(step: SamplerStep<K>): SamplerUpdate
}

/**
 * Σ c x, for pairs of a coefficient c, a tensor [1], and images x. Missing images count as zeros. @throws without a
 * pair.
 */
export function weightedSum(...pairs: readonly (readonly [c: Tensor, x: Tensor4D | undefined])[]): Tensor4D {
  const terms = pairs.flatMap(([c, x]): Tensor4D[] => (x ? [mul(c, x)] : []))
  if (terms.length === 0)
    throw new CascadeError('input', 'weightedSum: expected a pair of a coefficient and images, got none')
  return terms.reduce((sum, x) => add(sum, x))
}
