import { type Entry, schema } from '@cascade-diffusion/checks'
import { noiseLevelArrays } from '@cascade-diffusion/diffusion'
import { type PiecewiseUniformOptions, piecewiseUniformNoiseLevels } from '@cascade-diffusion/schedules'
import {
  checkBetweenSteps,
  type NoiseLevelSampler,
  type NoiseLevelsContext,
  stepsOf,
  withoutHistory,
} from './noise-level-sampler.ts'

/**
 * Between two neighbouring steps, uniform in `alpha` = √ᾱ (WaveGrad, the default) or `alphaCumprod` (SR3): the paper's
 * continuous noise conditioning. The schedule of sampling can be chosen after training.
 */
export interface PiecewiseUniformConfig extends PiecewiseUniformOptions {
  readonly name: 'piecewise-uniform'
}

/** The entry of the table. It needs a network conditioned on the `noise-level` or the `log-snr`. */
export const piecewiseUniform: Entry<PiecewiseUniformConfig, NoiseLevelSampler, [NoiseLevelsContext]> = {
  name: 'piecewise-uniform',
  schema: schema.record<PiecewiseUniformConfig>({
    name: schema.oneOf(['piecewise-uniform']),
    uniformIn: schema.optional(schema.oneOf(['alpha', 'alphaCumprod'])),
  }),
  make({ uniformIn = 'alpha' }, context) {
    const steps = stepsOf('piecewise-uniform', context)
    checkBetweenSteps('piecewise-uniform', context)
    return withoutHistory((n, rng) => ({
      t: noiseLevelArrays(context.process, piecewiseUniformNoiseLevels(n, steps, rng, { uniformIn })),
    }))
  },
}
