import { type Entry, schema } from '@cascade-diffusion/checks'
import { noiseLevelArrays } from '@cascade-diffusion/diffusion'
import { logNormalSigmas } from '@cascade-diffusion/schedules'
import {
  checkBetweenSteps,
  type NoiseLevelSampler,
  type NoiseLevelsContext,
  withoutHistory,
} from './noise-level-sampler.ts'

/** ln(sigma / alpha) is normal (EDM). */
export interface LogNormalConfig {
  readonly name: 'log-normal'
  /** Default -1.2. */
  readonly mean?: number
  /** The standard deviation, above 0. Default 1.2. */
  readonly std?: number
}

/** The entry of the table. It needs a network conditioned on the `noise-level` or the `log-snr`. */
export const logNormal: Entry<LogNormalConfig, NoiseLevelSampler, [NoiseLevelsContext]> = {
  name: 'log-normal',
  schema: schema.record<LogNormalConfig>({
    name: schema.oneOf(['log-normal']),
    mean: schema.optional(schema.number()),
    std: schema.optional(schema.positive()),
  }),
  make({ name, ...normal }, context) {
    checkBetweenSteps(name, context)
    return withoutHistory((n, rng) => {
      const sigmas = logNormalSigmas(n, rng, normal)
      const alpha = sigmas.map((sigma) => 1 / Math.hypot(1, sigma))
      const sigma = sigmas.map((sigma, i) => sigma * alpha[i]!)
      return { t: noiseLevelArrays(context.process, { alpha, sigma }) }
    })
  },
}
