import { add, mul, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import type { Denoised } from '../denoiser.ts'
import type { NoiseLevel } from '../noise-level.ts'
import type { DiffusionProcess } from '../process.ts'

/** A step of the reverse process: the noise level where it is, and the less noisy one where it goes. */
export interface Transition {
  readonly now: NoiseLevel
  readonly next: NoiseLevel
}

/** What a sampler makes the next x_t from. `K` are the names of its coefficients. */
export interface SamplerStep<K extends string> {
  readonly xt: Tensor4D
  readonly denoised: Denoised
  /** The step's coefficients, each a tensor [1]. */
  readonly c: Readonly<Record<K, Tensor>>
  /** Standard normal noise like `xt`, if the sampler needs any. */
  readonly noise: Tensor4D | undefined
}

/** A way to step through the reverse process: two pure functions over the driver that owns the loop. */
export interface Sampler<K extends string = string> {
  readonly name: string
  readonly needsNoise: boolean
  /**
   * The numbers of one step, computed on the host in float64. Every step has the same names.
   * @throws if the sampler cannot take the step.
   */
  coefficients(transition: Transition, process: DiffusionProcess): Readonly<Record<K, number>>
  /** The images at the next noise level: a traceable function of tensors. */
  update(step: SamplerStep<K>): Tensor4D
}

/** The mean plus `sigma` times the noise, if there is any. */
export const addNoise = (mean: Tensor4D, sigma: Tensor, noise: Tensor4D | undefined): Tensor4D =>
  noise ? add(mean, mul(sigma, noise)) : mean
