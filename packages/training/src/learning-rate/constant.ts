import { checkNumber, checkOptions, type Entry, schema } from '@cascade-diffusion/checks'
import { checkedWarmUp, type LearningRate, type LearningRateOptions, warmUp } from './learning-rate.ts'

/**
 * A constant rate after a linear warm-up: what the paper's models use.
 * @throws if a number is not from 0.
 */
export function constantRate(rate: number, options: LearningRateOptions = {}): LearningRate {
  checkNumber('constantRate', 'a rate', rate, { from: 0 })
  checkOptions('constantRate', options, { warmup: true })
  const warmup = checkedWarmUp('constantRate', options)
  return (step) => rate * warmUp(step, warmup)
}

/** A constant rate after a linear warm-up, by name: a JSON value. */
export interface ConstantRateConfig extends LearningRateOptions {
  readonly name: 'constant'
  /** At least 0. */
  readonly rate: number
}

/** The entry of the table. */
export const constantRateEntry: Entry<ConstantRateConfig, LearningRate, [steps: number]> = {
  name: 'constant',
  schema: schema.record<ConstantRateConfig>({
    name: schema.oneOf(['constant']),
    rate: schema.number({ from: 0 }),
    warmup: schema.optional(schema.number({ from: 0 })),
  }),
  make: ({ rate, warmup }) => constantRate(rate, { warmup }),
}
