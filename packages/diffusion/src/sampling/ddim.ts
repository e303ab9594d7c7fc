import { posteriorBetween } from '../posterior.ts'
import type { Level } from './level.ts'
import { type Sampler, weightedSum } from './sampler.ts'

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
    coefficients: ['x0', 'epsilon', 'sigma'],
    needsNoise: eta > 0,
    plan({ now, next }) {
      const sigma = eta * Math.sqrt(posteriorBetween(now, next).small)
      if (eta > 0 && sigma > next.sigma)
        throw new Error(
          `ddim: expected noise of at most ${next.sigma} in a step to that level, got ${sigma} with eta ${eta}`,
        )
      return [{ at: now, c: eta === 0 ? { x0: next.alpha, epsilon: next.sigma, sigma: 0 } : noisy(now, next, eta) }]
    },
    update: ({ denoised, c, noise }) => ({
      xt: weightedSum([c.x0, denoised.x0], [c.epsilon, denoised.epsilon], [c.sigma, noise]),
    }),
  }
}

/**
 * guided-diffusion computes these numbers in float32, from ᾱ on. Where a schedule ends in nearly pure noise,
 * 1 - ᾱ_next - s² cancels, and its chains are followed to their last digits only by cancelling alike.
 */
function noisy(now: Level, next: Level, eta: number) {
  const f = Math.fround
  const [alphaBar, alphaBarNext] = [f(now.alpha ** 2), f(next.alpha ** 2)]
  const noiseRatio = f(Math.sqrt(f(f(1 - alphaBarNext) / f(1 - alphaBar))))
  const sigma = f(f(f(eta) * noiseRatio) * f(Math.sqrt(f(1 - f(alphaBar / alphaBarNext)))))
  const rest = f(f(1 - alphaBarNext) - f(sigma * sigma))
  return { x0: next.alpha, epsilon: Math.sqrt(Math.max(rest, 0)), sigma }
}
