import { CascadeError, checkFunction, checkOptions, shown } from '@cascade-diffusion/checks'
import {
  add,
  div,
  grad,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tile,
} from '@tensorflow/tfjs-core'
import type { Denoiser } from '../model/denoiser.ts'

/** Options of {@link classifierGuidance}. */
export interface ClassifierGuidanceOptions<C> {
  /**
   * ln p(y | x_t) of each image, [N]: a classifier of noisy images, conditioned on what the network is conditioned on.
   * A traceable function whose operations have gradients.
   */
  readonly logProbability: (xt: Tensor4D, noise: Tensor1D, condition: C) => Tensor
  /** s: how strongly to guide. Default 1. */
  readonly scale?: number
}

/**
 * Classifier guidance (Dhariwal & Nichol 2021, algorithm 2), for any sampler: ε̂ = ε - s sigma ∇ ln p(y | x_t), with
 * the x0 that corresponds to ε̂. As in guided-diffusion, it comes after clipping. Traceable.
 * @throws if the scale is not finite.
 */
export function classifierGuidance<C>(denoise: Denoiser<C>, options: ClassifierGuidanceOptions<C>): Denoiser<C> {
  checkFunction('classifierGuidance', 'a denoiser', denoise, 'denoiser({ network, process })')
  checkOptions('classifierGuidance', options, { logProbability: true, scale: true })
  const { logProbability, scale = 1 } = options
  checkFunction('classifierGuidance', 'logProbability', logProbability, 'of xt, noise and condition')
  if (!Number.isFinite(scale))
    throw new CascadeError('input', `classifierGuidance: expected a finite scale, got ${shown(scale)}`)
  return (xt, level, condition) => {
    const { alpha, sigma, noiseInput } = level
    const denoised = denoise(xt, level, condition)
    const n = xt.shape[0]
    const noise = noiseInput.shape[0] === n ? noiseInput : tile(noiseInput, [n])
    const score = mul(scale, grad((x) => sum(logProbability(x as Tensor4D, noise, condition)))(xt))
    return {
      ...denoised,
      epsilon: sub(denoised.epsilon, mul(sigma, score)),
      x0: add(denoised.x0, mul(div(square(sigma), alpha), score)) as Tensor4D,
    }
  }
}
