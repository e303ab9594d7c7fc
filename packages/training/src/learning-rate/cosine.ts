import { checkNumber, checkOptions, type Entry, schema } from '@cascade-diffusion/checks'
import { checkedWarmUp, type LearningRate, type LearningRateOptions, warmUp } from './learning-rate.ts'

/**
 * A linear warm-up, then half a cosine from `rate` down to 0 at `steps`, the length of the whole run.
 * @throws if a number is not from 0.
 */
export function cosineRate(rate: number, steps: number, options: LearningRateOptions = {}): LearningRate {
  checkNumber('cosineRate', 'a rate', rate, { from: 0 })
  checkOptions('cosineRate', options, { warmup: true })
  const warmup = checkedWarmUp('cosineRate', options)
  checkNumber('cosineRate', 'steps', steps, { from: 0 })
  return (step) => rate * warmUp(step, warmup) * 0.5 * (1 + Math.cos(Math.PI * progress(step, warmup, steps)))
}

const progress = (step: number, warmup: number, steps: number): number =>
  Math.min(Math.max((step - warmup) / Math.max(steps - warmup, 1), 0), 1)

/** A linear warm-up, then half a cosine down to 0, by name: a JSON value. */
export interface CosineRateConfig extends LearningRateOptions {
  readonly name: 'cosine'
  /** At least 0. */
  readonly rate: number
  /** The step at which the rate is 0. Default: the end of the run, whatever its length. */
  readonly steps?: number
}

/** The entry of the table. */
export const cosineRateEntry: Entry<CosineRateConfig, LearningRate, [steps: number]> = {
  name: 'cosine',
  schema: schema.record<CosineRateConfig>({
    name: schema.oneOf(['cosine']),
    rate: schema.number({ from: 0 }),
    warmup: schema.optional(schema.number({ from: 0 })),
    steps: schema.optional(schema.integer({ from: 0 })),
  }),
  make: ({ rate, steps, warmup }, end) => cosineRate(rate, steps ?? end, { warmup }),
}
