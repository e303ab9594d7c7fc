import type { ScheduleConfig } from './schedule-table.ts'

/** A schedule as checkpoints before version 0.1 describe it, among the fields of what it belongs to. */
export interface FlatSchedule {
  readonly schedule: 'cosine' | 'linear' | 'scaled-linear' | 'sigmoid' | 'betas'
  /** None in continuous time. */
  readonly steps?: number
  readonly betaStart?: number
  readonly betaEnd?: number
  readonly betas?: readonly number[]
  readonly zeroTerminalSnr?: boolean
}

/**
 * Brings a configuration that says `schedule: 'cosine', steps: 1000` among its own fields to the present form,
 * `schedule: { name: 'cosine', steps: 1000 }`. All else is left as it is. Unchecked.
 */
export function migrateSchedule<T extends object>(config: T): T {
  if (!isFlat(config)) return config
  const { schedule: name, steps, betaStart, betaEnd, betas, zeroTerminalSnr, ...rest } = config
  const given = { betaStart, betaEnd, betas, zeroTerminalSnr }
  const continuous = steps === undefined
  const counted = continuous || name === 'betas' ? undefined : steps
  const fields = { name: continuous ? `continuous-${name}` : name, steps: counted, ...given }
  const schedule = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  return { ...rest, schedule: schedule as unknown as ScheduleConfig } as unknown as T
}

const isFlat = (config: object): config is FlatSchedule =>
  typeof config === 'object' && config !== null && 'schedule' in config && typeof config.schedule === 'string'
