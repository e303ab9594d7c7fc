import type { ScheduleConfig } from './schedule-table.ts'

/** A schedule in a checkpoint before version 0.1: its fields stand among those of the configuration around it. */
export interface FlatSchedule {
  readonly schedule: 'cosine' | 'linear' | 'scaled-linear' | 'sigmoid' | 'betas'
  /** Absent in continuous time. */
  readonly steps?: number
  readonly betaStart?: number
  readonly betaEnd?: number
  readonly betas?: readonly number[]
  readonly zeroTerminalSnr?: boolean
}

/**
 * Brings a configuration with `schedule: 'cosine', steps: 1000` among its fields to the present form, `schedule: {
 * name: 'cosine', steps: 1000 }`. Everything else stays as it is. Unchecked.
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
