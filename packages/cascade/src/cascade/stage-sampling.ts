import { type Schema, schema } from '@cascade-diffusion/checks'
import {
  type ProcessX0Config,
  processesX0,
  type Restart,
  type SamplerConfig,
  samplers,
} from '@cascade-diffusion/diffusion'
import { type ScheduleConfig, type Spacing, schedules } from '@cascade-diffusion/schedules'
import { type GuidanceConfig, guidances } from '../sampling/guidance/guidance-table.ts'
import type { StepsConfig } from '../sampling/sampled-steps.ts'

/**
 * How a stage is sampled: `StageSamplerOptions` as configurations, which can be saved. A classifier that guides it is
 * saved in its own file.
 */
export interface StageSampling {
  readonly sampler: SamplerConfig
  readonly schedule?: ScheduleConfig
  readonly spacing?: Spacing
  readonly steps?: number | readonly number[] | StepsConfig
  readonly restarts?: readonly Restart[]
  readonly guidance?: GuidanceConfig
  readonly processX0?: ProcessX0Config
}

const count = schema.integer({ from: 1 })

const stepsSchema: Schema<number | readonly number[] | StepsConfig> = schema.either(
  count,
  schema.either(
    schema.record<StepsConfig>({
      count,
      by: schema.optional(schema.oneOf(['step', 'log-snr', 'karras'])),
      rho: schema.optional(schema.positive()),
      from: schema.optional(schema.number()),
      to: schema.optional(schema.number()),
      whole: schema.optional(schema.flag()),
    }),
    schema.list(schema.number({ from: 0 }), 1),
    Array.isArray,
  ),
  (steps) => typeof steps === 'object' && steps !== null,
)

const spacingSchema: Schema<Spacing> = schema.either(
  count,
  schema.either(schema.record<{ readonly ddim: number }>({ ddim: count }), schema.list(count, 1), Array.isArray),
  (spacing) => typeof spacing === 'object' && spacing !== null,
)

/** The schema of {@link StageSampling}. */
export const stageSamplingSchema: Schema<StageSampling> = schema.record<StageSampling>({
  sampler: samplers.schema,
  schedule: schema.optional(schedules.schema),
  spacing: schema.optional(spacingSchema),
  steps: schema.optional(stepsSchema),
  restarts: schema.optional(
    schema.list(
      schema.record<Restart>({
        at: schema.number({ from: -1 }),
        to: schema.number({ from: 0 }),
        times: schema.optional(count),
      }),
    ),
  ),
  guidance: schema.optional(guidances.schema),
  processX0: schema.optional(processesX0.schema),
})
