import { type Entry, schema } from '@cascade-diffusion/checks'
import { lossHistory, lossSecondMomentProbabilities, sampleTimesteps } from '@cascade-diffusion/schedules'
import { type NoiseLevelSampler, type NoiseLevelsContext, stepsOf } from './noise-level-sampler.ts'

/**
 * Importance sampling by the recent losses of each step: steps with large losses are drawn more often, and their losses
 * are weighted to compensate (Improved DDPM, section 3.3).
 */
export interface LossSecondMomentConfig {
  readonly name: 'loss-second-moment'
  /** The number of losses of each step that are kept. Default 10. */
  readonly length?: number
  /** The share of steps that are drawn uniformly. Default 0.001. */
  readonly uniformProbability?: number
}

/** The entry of the table. It needs discrete steps. */
export const lossSecondMoment: Entry<LossSecondMomentConfig, NoiseLevelSampler, [NoiseLevelsContext]> = {
  name: 'loss-second-moment',
  schema: schema.record<LossSecondMomentConfig>({
    name: schema.oneOf(['loss-second-moment']),
    length: schema.optional(schema.integer({ from: 1 })),
    uniformProbability: schema.optional(schema.number({ from: 0, to: 1 })),
  }),
  make({ length, uniformProbability }, context) {
    const empty = lossHistory(stepsOf('loss-second-moment', context).betas.length, { length })
    const moments = { uniformProbability }
    lossSecondMomentProbabilities(empty, moments) // throws now, not in a step
    return {
      history: empty,
      draw: (n, rng, history = empty) => sampleTimesteps(n, lossSecondMomentProbabilities(history, moments), rng),
    }
  },
}
