import { checkOneOf, checkOptions, type Entry, schema } from '@cascade-diffusion/checks'
import { exp, mul } from '@tensorflow/tfjs-core'
import { posteriorBetween } from '../../distributions/posterior.ts'
import { type Sampler, weightedSum } from './sampler.ts'

/** Options of {@link ancestral}. */
export interface AncestralOptions {
  /** The variance of each step. Default: the process's own. */
  readonly variance?: 'fixed-small' | 'fixed-large'
}

/**
 * Ancestral sampling (DDPM, algorithm 2): draws x_{t-1} from p(x_{t-1} | x_t), whose mean is the posterior's (equation
 * 7) at the predicted x0. The step to the data adds no noise. The same formulas hold between any two noise levels, so
 * it also samples in continuous time (VDM, Kingma et al. 2021, section 3.4 and equation 32).
 * @throws on an unknown variance.
 */
export function ancestral(
  options: AncestralOptions = {},
): Sampler<'x0' | 'xt' | 'sigma' | 'noise' | 'logSmall' | 'logLarge'> {
  checkOptions('ancestral', options, { variance: true })
  const { variance } = options
  if (variance !== undefined) checkOneOf('ancestral', 'variance', variance, ['fixed-small', 'fixed-large'])
  return {
    name: 'ancestral',
    coefficients: ['x0', 'xt', 'sigma', 'noise', 'logSmall', 'logLarge'],
    needsNoise: true,
    plan({ now, next, process }) {
      const { x0, xt, small, large } = posteriorBetween(now, next)
      const noise = next.sigma === 0 ? 0 : 1
      const sigma = noise * Math.sqrt((variance ?? process.variance) === 'fixed-small' ? small : large)
      const logs = { logSmall: Math.log(noise ? small : large), logLarge: Math.log(large) }
      return [{ at: now, c: { x0, xt, sigma, noise, ...logs } }]
    },
    update({ xt, denoised, c, noise }) {
      const learned = variance ? undefined : denoised.logVariance?.({ small: c.logSmall, large: c.logLarge })
      const sigma = learned ? mul(c.noise, exp(mul(0.5, learned))) : c.sigma
      return { xt: weightedSum([c.x0, denoised.x0], [c.xt, xt], [sigma, noise]) }
    },
  }
}

/** {@link ancestral} by name: a JSON value. */
export interface AncestralConfig extends AncestralOptions {
  readonly name: 'ancestral'
}

/** The entry of the table. */
export const ancestralEntry: Entry<AncestralConfig, Sampler> = {
  name: 'ancestral',
  schema: schema.record<AncestralConfig>({
    name: schema.oneOf(['ancestral']),
    variance: schema.optional(schema.oneOf(['fixed-small', 'fixed-large'])),
  }),
  make: ({ name, ...options }) => ancestral(options),
}
