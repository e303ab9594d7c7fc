import { type Entry, schema } from '@cascade-diffusion/checks'
import { toDiscrete } from '../continuous/discretization.ts'
import { type ContinuousSigmoidOptions, continuousSigmoid, continuousSigmoidOptions } from '../continuous/sigmoid.ts'
import type { DiscreteSchedule } from './discrete-schedule.ts'
import { type RescaleOptions, rescaled, rescaleSchema, stepsSchema } from './rescaled.ts'

/**
 * The sigmoid schedule (Jabri et al. 2023, "Scalable adaptive computation for iterative generation"; Chen 2023, "On the
 * importance of noise scheduling for diffusion models", algorithm 1): {@link continuousSigmoid} at the end of each of T equal
 * spans of time, each β at most 0.999.
 * @throws if the number of steps is not a positive integer, or as {@link continuousSigmoid}.
 */
export const sigmoidSchedule = (steps: number, options?: ContinuousSigmoidOptions): DiscreteSchedule =>
  toDiscrete(continuousSigmoid(options), steps)

/** {@link sigmoidSchedule} by name. */
export interface SigmoidScheduleConfig extends ContinuousSigmoidOptions, RescaleOptions {
  readonly name: 'sigmoid'
  /** T: the steps of the process. */
  readonly steps: number
}

/** The entry of the table. */
export const sigmoid: Entry<SigmoidScheduleConfig, DiscreteSchedule> = {
  name: 'sigmoid',
  schema: schema.record<SigmoidScheduleConfig>({
    name: schema.oneOf(['sigmoid']),
    steps: stepsSchema,
    ...continuousSigmoidOptions,
    ...rescaleSchema,
  }),
  make: ({ steps, start, end, tau, ...options }) => rescaled(sigmoidSchedule(steps, { start, end, tau }), options),
}
