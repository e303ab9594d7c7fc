import { checkNumber } from '@cascade-diffusion/checks'

/** The learning rate of each step, 0, 1, …, of a training run. */
export type LearningRate = (step: number) => number

/** Options of the learning-rate schedules. */
export interface LearningRateOptions {
  /** Steps over which the rate rises linearly from `rate / warmup` to `rate`, from 0. Default 0: none. */
  readonly warmup?: number
}

/** What a linear warm-up of `warmup` steps multiplies the rate of a step by. */
export const warmUp = (step: number, warmup: number): number => (step < warmup ? (step + 1) / warmup : 1)

/** The warm-up with its default. @throws if it is not a number from 0. */
export const checkedWarmUp = (where: string, { warmup = 0 }: LearningRateOptions): number =>
  checkNumber(where, 'a warmup, in steps', warmup, { from: 0 })
