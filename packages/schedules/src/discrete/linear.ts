import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import { type DiscreteSchedule, scheduleFromBetas } from './discrete-schedule.ts'
import { evenlySpaced } from './evenly-spaced.ts'
import { betaSchema, type RescaleOptions, rescaled, rescaleSchema, stepsSchema } from './rescaled.ts'

/** Options of {@link linearSchedule}. */
export interface LinearScheduleOptions {
  /** β of the first step. Default 0.1 / T: 0.0001 with 1000 steps. */
  readonly betaStart?: number
  /** β of the last step. Default 20 / T: 0.02 with 1000 steps. */
  readonly betaEnd?: number
}

/**
 * The linear schedule of DDPM (Ho et al. 2020, section 4): betas evenly spaced. The default betas are scaled, as in
 * Improved DDPM's code, so that any number of steps ends at about the same noise level as 1000 steps from β = 0.0001 to
 * 0.02.
 * @param steps T; with the default `betaEnd` at least 20: with fewer the last β would exceed 1.
 * @throws if the number of steps or a β is out of range.
 */
export function linearSchedule(steps: number, options: LinearScheduleOptions = {}): DiscreteSchedule {
  checkOptions('linearSchedule', options, { betaStart: true, betaEnd: true })
  const { betaStart = (1000 / steps) * 0.0001, betaEnd = (1000 / steps) * 0.02 } = options
  if (options.betaEnd === undefined && !(Number.isInteger(steps) && steps >= 20))
    throw new CascadeError('input', `linearSchedule: expected an integer of at least 20 steps, got ${shown(steps)}`)
  return scheduleFromBetas(evenlySpaced('linearSchedule', steps, betaStart, betaEnd))
}

/** {@link linearSchedule} by name. */
export interface LinearScheduleConfig extends LinearScheduleOptions, RescaleOptions {
  readonly name: 'linear'
  /** T: the steps of the process; at least 20 unless `betaEnd` is given. */
  readonly steps: number
}

/** The entry of the table. */
export const linear: Entry<LinearScheduleConfig, DiscreteSchedule> = {
  name: 'linear',
  schema: schema.record<LinearScheduleConfig>({
    name: schema.oneOf(['linear']),
    steps: stepsSchema,
    betaStart: betaSchema,
    betaEnd: betaSchema,
    ...rescaleSchema,
  }),
  make: ({ steps, betaStart, betaEnd, ...options }) => rescaled(linearSchedule(steps, { betaStart, betaEnd }), options),
}
