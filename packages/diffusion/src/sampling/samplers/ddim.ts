import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import { posteriorBetween } from '../../distributions/posterior.ts'
import type { Level } from '../level.ts'
import { type Sampler, weightedSum } from './sampler.ts'

/** Options of {@link ddim}. */
export interface DdimOptions {
  /** η, at least 0: 0 is deterministic, 1 adds the noise of DDPM's posterior. Default 0. */
  readonly eta?: number
}

/**
 * DDIM (Song et al. 2021, equation 12): x_next = α_next x0 + √(σ_next² - s²) ε + s z, with s = η √β̃ (equation 16).
 * @throws if eta is negative; when a run is planned, if eta is so large that a step would add more noise than its
 * target level has.
 */
export function ddim(options: DdimOptions = {}): Sampler<'x0' | 'epsilon' | 'sigma'> {
  checkOptions('ddim', options, { eta: true })
  const { eta = 0 } = options
  if (!(typeof eta === 'number' && eta >= 0))
    throw new CascadeError('input', `ddim: expected an eta of at least 0, got ${shown(eta)}`)
  return {
    name: 'ddim',
    coefficients: ['x0', 'epsilon', 'sigma'],
    needsNoise: eta > 0,
    plan({ now, next }) {
      const sigma = eta * Math.sqrt(posteriorBetween(now, next).small)
      if (eta > 0 && sigma > next.sigma)
        throw new CascadeError(
          'input',
          `ddim: expected noise of at most ${next.sigma}, the sigma of the next level, got ${sigma} with eta ${eta}`,
        )
      return [{ at: now, c: coefficients(now, next, eta) }]
    },
    update: ({ denoised, c, noise }) => ({
      xt: weightedSum([c.x0, denoised.x0], [c.epsilon, denoised.epsilon], [c.sigma, noise]),
    }),
  }
}

/**
 * guided-diffusion computes these numbers in float32, from ᾱ on, with an error of the noise of up to 3e-8 / σ². Only
 * the same rounding reproduces its chains to their last digits, above all where a schedule ends in nearly pure noise
 * and 1 - ᾱ_next - s² cancels.
 */
function coefficients(now: Level, next: Level, eta: number) {
  const f = Math.fround
  const [alphaBar, alphaBarNext] = [f(now.alpha ** 2), f(next.alpha ** 2)]
  const variance = f(1 - alphaBarNext)
  if (eta === 0) return { x0: next.alpha, epsilon: Math.sqrt(variance), sigma: 0 }
  const noiseRatio = f(Math.sqrt(f(variance / f(1 - alphaBar))))
  const sigma = f(f(f(eta) * noiseRatio) * f(Math.sqrt(f(1 - f(alphaBar / alphaBarNext)))))
  return { x0: next.alpha, epsilon: Math.sqrt(Math.max(f(variance - f(sigma * sigma)), 0)), sigma }
}

/** {@link ddim} by name: a JSON value. */
export interface DdimConfig extends DdimOptions {
  readonly name: 'ddim'
}

/** The entry of the table. */
export const ddimEntry: Entry<DdimConfig, Sampler> = {
  name: 'ddim',
  schema: schema.record<DdimConfig>({
    name: schema.oneOf(['ddim']),
    eta: schema.optional(schema.number({ from: 0 })),
  }),
  make: ({ name, ...options }) => ddim(options),
}
