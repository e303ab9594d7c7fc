import { add, mul, type Tensor4D } from '@tensorflow/tfjs-core'
import { posteriorBetween } from '../posterior.ts'
import type { Variance } from '../process.ts'
import { addNoise, type Sampler } from './sampler.ts'

/** Options of {@link ancestral}. */
export interface AncestralOptions {
  /** The variance of each step. Default: the process's own. */
  readonly variance?: Variance
}

/**
 * Ancestral sampling (DDPM, algorithm 2): draws x_{t-1} from p(x_{t-1} | x_t), whose mean is the posterior's (equation 7)
 * at the predicted x0. No noise is added on the way to the data.
 */
export function ancestral({ variance }: AncestralOptions = {}): Sampler<'x0' | 'xt' | 'sigma'> {
  return {
    name: 'ancestral',
    needsNoise: true,
    coefficients({ now, next }, process) {
      const { x0, xt, small, large } = posteriorBetween(now, next)
      const chosen = { 'fixed-small': small, 'fixed-large': large }[variance ?? process.variance]
      return { x0, xt, sigma: next.sigma === 0 ? 0 : Math.sqrt(chosen) }
    },
    update: ({ xt, denoised, c, noise }) =>
      addNoise(add(mul(c.x0, denoised.x0), mul(c.xt, xt)) as Tensor4D, c.sigma, noise),
  }
}
