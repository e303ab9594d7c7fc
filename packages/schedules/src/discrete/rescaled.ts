import { schema } from '@cascade-diffusion/checks'
import type { DiscreteSchedule } from './discrete-schedule.ts'
import { zeroTerminalSnr } from './zero-terminal-snr.ts'

/** Options that every schedule of discrete steps has in its configuration. */
export interface RescaleOptions {
  /** Whether the schedule is rescaled to end in pure noise, for predictions of x0 or v. Default false. */
  readonly zeroTerminalSnr?: boolean
}

/** The schema of {@link RescaleOptions}. */
export const rescaleSchema = { zeroTerminalSnr: schema.optional(schema.flag()) }

/** The schema of T: the steps of a process. The limit keeps a file from taking all memory; models have 4000 at most. */
export const stepsSchema = schema.integer({ from: 1, to: 1e6 })

/** The schema of an optional β. */
export const betaSchema = schema.optional(schema.number({ from: 0, to: 1 }))

/** The schedule, rescaled if the configuration asks for it. */
export const rescaled = (schedule: DiscreteSchedule, config: RescaleOptions): DiscreteSchedule =>
  config.zeroTerminalSnr ? zeroTerminalSnr(schedule) : schedule
