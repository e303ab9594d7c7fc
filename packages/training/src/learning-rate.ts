/** The learning rate of each step, 0, 1, …, of a training run. */
export type LearningRate = (step: number) => number

/** Options of the learning-rate schedules. */
export interface LearningRateOptions {
  /** Steps over which the rate rises linearly from `rate / warmup` to `rate`; 0: none. */
  readonly warmup?: number
}

/** A constant rate after a linear warm-up: what the paper's models use. */
export const constantRate =
  (rate: number, { warmup = 0 }: LearningRateOptions = {}): LearningRate =>
  (step) =>
    rate * warm(step, warmup)

/** A linear warm-up, then half a cosine from `rate` down to 0 at `steps`, the length of the whole run. */
export const cosineRate =
  (rate: number, steps: number, { warmup = 0 }: LearningRateOptions = {}): LearningRate =>
  (step) =>
    rate * warm(step, warmup) * 0.5 * (1 + Math.cos(Math.PI * progress(step, warmup, steps)))

const warm = (step: number, warmup: number): number => (step < warmup ? (step + 1) / warmup : 1)

const progress = (step: number, warmup: number, steps: number): number =>
  Math.min(Math.max((step - warmup) / Math.max(steps - warmup, 1), 0), 1)
