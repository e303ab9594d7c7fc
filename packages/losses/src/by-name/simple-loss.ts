import { type Entry, schema } from '@cascade-diffusion/checks'
import { learnsVariance } from '@cascade-diffusion/diffusion'
import { simpleLossPerExample } from '../simple.ts'
import { type ExampleLoss, type LossContext, refuse } from './example-loss.ts'
import { type WeightingConfig, weightingOf, weightings } from './weighting-table.ts'

/** How the error of a prediction is measured. */
export interface ErrorConfig {
  /** `l2` (DDPM), or `l1` (SR3, WaveGrad). Default `l2`. */
  readonly norm?: 'l1' | 'l2'
  /** Default: the same everywhere. */
  readonly weighting?: WeightingConfig
}

/** The schema of {@link ErrorConfig}. */
export const errorSchema = {
  norm: schema.optional(schema.oneOf(['l1', 'l2'])),
  weighting: schema.optional(weightings.schema),
}

/** The options of the functions for a configuration. */
export const errorOptions = ({ norm, weighting }: ErrorConfig) => ({
  norm,
  weighting: weighting && weightingOf(weighting),
})

/** The error of the network's prediction: {@link simpleLossPerExample} by name. */
export interface SimpleLossConfig extends ErrorConfig {
  readonly name: 'simple'
}

/** The entry of the table. It does not train a variance. */
export const simple: Entry<SimpleLossConfig, ExampleLoss, [LossContext]> = {
  name: 'simple',
  schema: schema.record<SimpleLossConfig>({ name: schema.oneOf(['simple']), ...errorSchema }),
  make(config, context) {
    const { variance } = context.process
    if (learnsVariance(context.process))
      refuse(context, `the loss hybrid or kl, since the variance is ${variance} and simple does not train it`)
    const options = errorOptions(config)
    return (model, input) => simpleLossPerExample(model, input, options)
  },
}
