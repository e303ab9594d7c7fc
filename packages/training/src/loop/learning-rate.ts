import { checkNumber, checkOptions } from '@cascade-diffusion/checks'

/** The learning rate of each step, 0, 1, …, of a training run. */
export type LearningRate = (step: number) => number

/** Options of the learning-rate schedules. */
export interface LearningRateOptions {
  /** Steps over which the rate rises linearly from `rate / warmup` to `rate`; 0: none. */
  readonly warmup?: number
}

/**
 * A constant rate after a linear warm-up: what the paper's models use.
 * @throws if a number is not from 0.
 */
export function constantRate(rate: number, options: LearningRateOptions = {}): LearningRate {
  const { warmup } = checked('constantRate', rate, options)
  return (step) => rate * warm(step, warmup)
}

/**
 * A linear warm-up, then half a cosine from `rate` down to 0 at `steps`, the length of the whole run.
 * @throws if a number is not from 0.
 */
export function cosineRate(rate: number, steps: number, options: LearningRateOptions = {}): LearningRate {
  const { warmup } = checked('cosineRate', rate, options)
  checkNumber('cosineRate', 'steps', steps, { from: 0 })
  return (step) => rate * warm(step, warmup) * 0.5 * (1 + Math.cos(Math.PI * progress(step, warmup, steps)))
}

function checked(where: string, rate: number, options: LearningRateOptions): { warmup: number } {
  checkNumber(where, 'a rate', rate, { from: 0 })
  checkOptions(where, options, { warmup: true })
  return { warmup: checkNumber(where, 'a warmup, in steps', options.warmup ?? 0, { from: 0 }) }
}

const warm = (step: number, warmup: number): number => (step < warmup ? (step + 1) / warmup : 1)

const progress = (step: number, warmup: number, steps: number): number =>
  Math.min(Math.max((step - warmup) / Math.max(steps - warmup, 1), 0), 1)
