import { CascadeError, type Schema, schema, shown } from '@cascade-diffusion/checks'
import {
  type ProcessX0,
  type ProcessX0Config,
  processesX0,
  type Restart,
  type Sampler,
  type SamplerConfig,
  type Schedule,
  samplers,
} from '@cascade-diffusion/diffusion'
import { type ScheduleConfig, type Spacing, schedules } from '@cascade-diffusion/schedules'
import { guidances } from '../sampling/guidance/guidance-table.ts'
import type { StepsConfig } from '../sampling/stage/sampled-steps.ts'
import type { SamplingChoices } from '../sampling/stage/stage-sampler-options.ts'

/**
 * How a stage is sampled, as configurations, which can be saved. A classifier that guides it is saved in its own file.
 */
export interface StageSampling extends SamplingChoices {
  readonly sampler: SamplerConfig
  readonly schedule?: ScheduleConfig
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

const entries = {
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
}

/** The schema of {@link StageSampling}. */
export const stageSamplingSchema: Schema<StageSampling> = schema.record<StageSampling>({
  sampler: samplers.schema,
  schedule: schema.optional(schedules.schema),
  ...entries,
  processX0: schema.optional(processesX0.schema),
})

const isFunction = (value: unknown): boolean => typeof value === 'function'

const isSampler = (value: unknown): boolean => typeof value === 'object' && value !== null && 'plan' in value

const isSchedule = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('betas' in value || 'logSnr' in value) && !('name' in value)

const valueOfSampler = schema.value<Sampler>("a sampler, { name: 'ddim' } or a value such as ddim(), called", isSampler)

/** The schema of {@link SamplingChoices}. */
export const samplingChoicesSchema: Schema<SamplingChoices> = schema.record<SamplingChoices>({
  sampler: schema.either(samplers.schema, valueOfSampler, (sampler) => isFunction(sampler) || isSampler(sampler)),
  schedule: schema.optional(
    schema.either(schedules.schema, schema.value<Schedule>('a schedule', isSchedule), isSchedule),
  ),
  ...entries,
  processX0: schema.optional(
    schema.either(processesX0.schema, schema.value<ProcessX0>('a function', isFunction), isFunction),
  ),
})

/** Options that may be values, and how to write such a thing as a configuration. */
const configurable = {
  sampler: { example: "{ name: 'ddim' }", isValue: isSampler, table: 'samplers' },
  schedule: { example: "{ name: 'linear', steps: 100 }", isValue: isSchedule, table: 'schedules' },
  processX0: { example: "{ name: 'clip' }", isValue: isFunction, table: 'processesX0' },
} as const

/**
 * The choices, which are all configurations.
 * @param why what holds of configurations only, for errors: `a folder can hold`.
 * @throws if one is a value.
 */
export function configured<S extends Partial<SamplingChoices>>(
  where: string,
  choices: S,
  why: string,
): S & Partial<StageSampling> {
  for (const [option, { example, isValue, table }] of Object.entries(configurable)) {
    const given = choices[option as keyof typeof configurable]
    if (isValue(given))
      throw new CascadeError(
        'input',
        `${where}: expected ${option}, a configuration by its name such as ${example}, which ${why}, ` +
          `got a value, ${shown(given)}; a custom one needs an entry in the table ${table}`,
      )
  }
  return choices as S & Partial<StageSampling>
}
