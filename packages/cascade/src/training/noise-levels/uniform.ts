import { type Entry, schema } from '@cascade-diffusion/checks'
import { isDiscrete, noiseLevelArrays } from '@cascade-diffusion/diffusion'
import { uniformTimes, uniformTimesteps } from '@cascade-diffusion/schedules'
import { type NoiseLevelSampler, type NoiseLevelsContext, withoutHistory } from './noise-level-sampler.ts'

/** Uniform over the steps of the process, or over continuous time. */
export interface UniformConfig {
  readonly name: 'uniform'
}

/** The entry of the table. */
export const uniform: Entry<UniformConfig, NoiseLevelSampler, [NoiseLevelsContext]> = {
  name: 'uniform',
  schema: schema.record<UniformConfig>({ name: schema.oneOf(['uniform']) }),
  make(_, { process }) {
    const { schedule } = process
    return withoutHistory((n, rng) => ({
      t: isDiscrete(schedule)
        ? uniformTimesteps(n, schedule, rng)
        : noiseLevelArrays(process, uniformTimes(n, rng, { lowDiscrepancy: true })),
    }))
  },
}
