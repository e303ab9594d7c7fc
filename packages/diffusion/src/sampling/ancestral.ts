import { add, exp, mul, type Tensor4D } from '@tensorflow/tfjs-core'
import { posteriorBetween } from '../posterior.ts'
import { addNoise, type Sampler } from './sampler.ts'

/** Options of {@link ancestral}. */
export interface AncestralOptions {
  /** The variance of each step. Default: the process's own. */
  readonly variance?: 'fixed-small' | 'fixed-large'
}

/**
 * Ancestral sampling (DDPM, algorithm 2): draws x_{t-1} from p(x_{t-1} | x_t), whose mean is the posterior's (equation 7)
 * at the predicted x0. No noise is added on the way to the data.
 */
export function ancestral({
  variance,
}: AncestralOptions = {}): Sampler<'x0' | 'xt' | 'noise' | 'logSmall' | 'logLarge' | 'sigma'> {
  return {
    name: 'ancestral',
    needsNoise: true,
    coefficients({ now, next }, process) {
      const { x0, xt, small, large } = posteriorBetween(now, next)
      const noise = next.sigma === 0 ? 0 : 1
      const sigma = noise * Math.sqrt((variance ?? process.variance) === 'fixed-small' ? small : large)
      return { x0, xt, noise, logSmall: Math.log(noise ? small : large), logLarge: Math.log(large), sigma }
    },
    update({ xt, denoised, c, noise }) {
      const mean = add(mul(c.x0, denoised.x0), mul(c.xt, xt)) as Tensor4D
      const learned = variance ? undefined : denoised.logVariance?.({ small: c.logSmall, large: c.logLarge })
      return addNoise(mean, learned ? mul(c.noise, exp(mul(0.5, learned))) : c.sigma, noise)
    },
  }
}
