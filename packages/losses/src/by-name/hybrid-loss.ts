import { type Entry, schema } from '@cascade-diffusion/checks'
import { isDiscrete, learnsVariance } from '@cascade-diffusion/diffusion'
import type { Tensor1D } from '@tensorflow/tfjs-core'
import { hybridLossPerExample } from '../hybrid.ts'
import { type ExampleLoss, type LossContext, refuse } from './example-loss.ts'
import { type ErrorConfig, errorOptions, errorSchema } from './simple-loss.ts'

/**
 * The error, and λ times the variational bound, which trains a learned variance: {@link hybridLossPerExample} by name.
 */
export interface HybridLossConfig extends ErrorConfig {
  readonly name: 'hybrid'
  /** λ. Default T / 1000. */
  readonly vlbWeight?: number
}

/** The entry of the table. It needs discrete steps and a learned variance. */
export const hybrid: Entry<HybridLossConfig, ExampleLoss, [LossContext]> = {
  name: 'hybrid',
  schema: schema.record<HybridLossConfig>({
    name: schema.oneOf(['hybrid']),
    vlbWeight: schema.optional(schema.number()),
    ...errorSchema,
  }),
  make({ vlbWeight, ...error }, context) {
    const { schedule, variance } = context.process
    if (!learnsVariance(context.process))
      refuse(context, `a variance that is learned or learned-range for the loss hybrid, got ${variance}`)
    if (!isDiscrete(schedule)) return refuse(context, 'the loss simple in continuous time, got hybrid')
    const options = { ...errorOptions(error), vlbWeight }
    return ({ network, process }, { t, ...input }) => {
      const model = { network, process: { ...process, schedule } }
      return hybridLossPerExample(model, { ...input, t: t as Tensor1D }, options).loss
    }
  },
}
