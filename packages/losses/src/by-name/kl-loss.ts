import { type Entry, schema } from '@cascade-diffusion/checks'
import { isDiscrete } from '@cascade-diffusion/diffusion'
import type { Tensor1D } from '@tensorflow/tfjs-core'
import { klLossPerExample } from '../vlb.ts'
import { type ExampleLoss, type LossContext, refuse } from './example-loss.ts'

/**
 * The variational bound alone, which trains the mean, and the variance if it is learned: {@link klLossPerExample} by
 * name.
 */
export interface KlLossConfig {
  readonly name: 'kl'
  /** The factor of the bound's term. Default T. */
  readonly vlbWeight?: number
}

/** The entry of the table. It needs discrete steps. */
export const kl: Entry<KlLossConfig, ExampleLoss, [LossContext]> = {
  name: 'kl',
  schema: schema.record<KlLossConfig>({
    name: schema.oneOf(['kl']),
    vlbWeight: schema.optional(schema.number()),
  }),
  make({ vlbWeight }, context) {
    const { schedule } = context.process
    if (!isDiscrete(schedule)) return refuse(context, 'the loss simple in continuous time, got kl')
    return ({ network, process }, { t, ...input }) => {
      const model = { network, process: { ...process, schedule } }
      return klLossPerExample(model, { ...input, t: t as Tensor1D }, { vlbWeight })
    }
  },
}
