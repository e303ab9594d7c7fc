import type { DiffusionProcess, Variance } from '@cascade-diffusion/diffusion'
import { cosineSchedule, type DiscreteSchedule, linearSchedule } from '@cascade-diffusion/schedules'

/** A noise schedule by name, as a checkpoint keeps it. */
export interface ScheduleConfig {
  readonly schedule: 'cosine' | 'linear'
  /** T: the steps of the process. The paper's base models take 4000. */
  readonly steps: number
}

/** A diffusion process by name, as a checkpoint keeps it: ε-prediction, told the step. */
export interface ProcessConfig extends ScheduleConfig {
  /** Default `fixed-large`. It matters to ancestral sampling only. */
  readonly variance?: Extract<Variance, 'fixed-small' | 'fixed-large'>
}

const schedules = { cosine: cosineSchedule, linear: linearSchedule }

/** The schedule of that name. @throws on another name, or on a number of steps that the schedule does not allow. */
export function scheduleOf({ schedule, steps }: ScheduleConfig): DiscreteSchedule {
  const make = schedules[schedule]
  if (!make) throw new Error(`schedule: expected ${Object.keys(schedules).join(' or ')}, got '${schedule}'`)
  return make(steps)
}

/** The process of that description. @throws as {@link scheduleOf}. */
export const processOf = (config: ProcessConfig): DiffusionProcess => ({
  schedule: scheduleOf(config),
  prediction: 'epsilon',
  variance: config.variance ?? 'fixed-large',
  noiseInput: 'timestep',
})
