import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import { areNumbers } from '../checks.ts'
import { type DiscreteSchedule, scheduleFromBetas } from './discrete-schedule.ts'
import { evenlySpaced } from './evenly-spaced.ts'
import { betaSchema, type RescaleOptions, rescaled, rescaleSchema, stepsSchema } from './rescaled.ts'

/** Options of {@link scaledLinearSchedule}. They do not scale with the number of steps. */
export interface ScaledLinearScheduleOptions {
  /** β of the first step. Default 0.00085. */
  readonly betaStart?: number
  /** β of the last step. Default 0.012. */
  readonly betaEnd?: number
}

/**
 * The schedule of latent diffusion, linear in √β (Rombach et al. 2022; "linear" in its code, "scaled_linear" in
 * diffusers). The defaults are Stable Diffusion's, which has 1000 steps.
 * @throws if the number of steps is not a positive integer or a β is out of range.
 */
export function scaledLinearSchedule(steps: number, options: ScaledLinearScheduleOptions = {}): DiscreteSchedule {
  checkOptions('scaledLinearSchedule', options, { betaStart: true, betaEnd: true })
  const { betaStart = 0.00085, betaEnd = 0.012 } = options
  if (!areNumbers(betaStart, betaEnd))
    throw new CascadeError(
      'input',
      `scaledLinearSchedule: expected numbers as betas, got ${shown(betaStart)}, ${shown(betaEnd)}`,
    )
  const roots = evenlySpaced('scaledLinearSchedule', steps, Math.sqrt(betaStart), Math.sqrt(betaEnd))
  return scheduleFromBetas(roots.map((root) => root ** 2))
}

/** {@link scaledLinearSchedule} by name. */
export interface ScaledLinearScheduleConfig extends ScaledLinearScheduleOptions, RescaleOptions {
  readonly name: 'scaled-linear'
  /** T: the steps of the process. */
  readonly steps: number
}

/** The entry of the table. */
export const scaledLinear: Entry<ScaledLinearScheduleConfig, DiscreteSchedule> = {
  name: 'scaled-linear',
  schema: schema.record<ScaledLinearScheduleConfig>({
    name: schema.oneOf(['scaled-linear']),
    steps: stepsSchema,
    betaStart: betaSchema,
    betaEnd: betaSchema,
    ...rescaleSchema,
  }),
  make: ({ steps, betaStart, betaEnd, ...options }) =>
    rescaled(scaledLinearSchedule(steps, { betaStart, betaEnd }), options),
}
