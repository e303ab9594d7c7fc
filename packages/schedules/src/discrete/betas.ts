import { type Entry, schema } from '@cascade-diffusion/checks'
import { type DiscreteSchedule, scheduleFromBetas } from './discrete-schedule.ts'
import { type RescaleOptions, rescaled, rescaleSchema } from './rescaled.ts'

/** {@link scheduleFromBetas} by name: custom betas. */
export interface BetasScheduleConfig extends RescaleOptions {
  readonly name: 'betas'
  /** β_t of every step, in (0, 1]. */
  readonly betas: readonly number[]
}

/** The entry of the table. */
export const betas: Entry<BetasScheduleConfig, DiscreteSchedule> = {
  name: 'betas',
  schema: schema.record<BetasScheduleConfig>({
    name: schema.oneOf(['betas']),
    betas: schema.list(schema.number({ from: 0, to: 1 }), 1),
    ...rescaleSchema,
  }),
  make: (config) => rescaled(scheduleFromBetas(config.betas), config),
}
