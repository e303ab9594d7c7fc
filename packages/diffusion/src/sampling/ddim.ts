import { add, mul, type Tensor4D } from '@tensorflow/tfjs-core'
import { posteriorBetween } from '../posterior.ts'
import { addNoise, type Sampler } from './sampler.ts'

/** Options of {@link ddim}. */
export interface DdimOptions {
  /** How random: 0 is deterministic, 1 adds as much noise as DDPM's posterior has. At least 0. Default 0. */
  readonly eta?: number
}

/**
 * DDIM (Song et al. 2021, equation 12): x_next = α_next x0 + √(σ_next² - s²) ε + s z, with s = η √β̃ (equation 16).
 * @throws if eta is negative, or (while sampling is prepared) so large that a step would add more noise than its target has.
 */
export function ddim({ eta = 0 }: DdimOptions = {}): Sampler<'x0' | 'epsilon' | 'sigma'> {
  if (!(eta >= 0)) throw new Error(`ddim: expected an eta of at least 0, got ${eta}`)
  return {
    name: 'ddim',
    needsNoise: eta > 0,
    coefficients({ now, next }) {
      const sigma = eta * Math.sqrt(posteriorBetween(now, next).small)
      if (sigma > next.sigma)
        throw new Error(
          `ddim: expected noise of at most ${next.sigma} in a step to that level, got ${sigma} with eta ${eta}`,
        )
      return { x0: next.alpha, epsilon: Math.sqrt(next.sigma ** 2 - sigma ** 2), sigma }
    },
    update: ({ denoised, c, noise }) =>
      addNoise(add(mul(c.x0, denoised.x0), mul(c.epsilon, denoised.epsilon)) as Tensor4D, c.sigma, noise),
  }
}
