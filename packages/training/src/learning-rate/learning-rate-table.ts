import { CascadeError, type ConfigOf, checkNumber, shown, table } from '@cascade-diffusion/checks'
import { constantRateEntry } from './constant.ts'
import { cosineRateEntry } from './cosine.ts'
import type { LearningRate } from './learning-rate.ts'

/** The built-in learning rates, by name, for a run of a number of steps. */
export const learningRates = table('a learning rate', [constantRateEntry, cosineRateEntry])

/** A built-in learning rate by its name: `{ name: 'cosine', rate: 1e-3, warmup: 50 }`. A JSON value. */
export type LearningRateConfig = ConfigOf<typeof learningRates>

/**
 * The learning rate of each step of a run of `steps` steps: of a number, a configuration, or a function, which it gives
 * back.
 * @param where who asks: `train`.
 * @throws if it is none of them, or its settings are wrong.
 */
export function learningRateOf(
  rate: number | LearningRateConfig | LearningRate,
  steps: number,
  where = 'learningRateOf',
): LearningRate {
  if (typeof rate === 'function') return rate
  if (typeof rate === 'number') {
    checkNumber(where, 'a learningRate', rate, { from: 0 })
    return () => rate
  }
  if (typeof rate === 'object') return learningRates.of(`${where}: learningRate`, rate, steps)
  throw new CascadeError(
    'input',
    `${where}: expected a learningRate, a number, a configuration such as { name: 'cosine', rate: 1e-3 } or a ` +
      `function of the step such as cosineRate gives, got ${shown(rate)}`,
  )
}
