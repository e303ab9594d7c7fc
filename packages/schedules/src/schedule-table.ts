import { type ConfigOf, table } from '@cascade-diffusion/checks'
import type { ContinuousSchedule } from './continuous/continuous-schedule.ts'
import { cosine as continuousCosine } from './continuous/cosine.ts'
import { karras } from './continuous/karras.ts'
import { linear as continuousLinear } from './continuous/linear.ts'
import { logLinear } from './continuous/log-linear.ts'
import { sigmoid as continuousSigmoid } from './continuous/sigmoid.ts'
import { betas } from './discrete/betas.ts'
import { cosine } from './discrete/cosine.ts'
import type { DiscreteSchedule } from './discrete/discrete-schedule.ts'
import { linear } from './discrete/linear.ts'
import { scaledLinear } from './discrete/scaled-linear.ts'
import { sigmoid } from './discrete/sigmoid.ts'

const discrete = [cosine, linear, scaledLinear, sigmoid, betas] as const
const continuous = [continuousCosine, continuousLinear, continuousSigmoid, logLinear, karras] as const

/** The schedules of discrete steps, by name. */
export const discreteSchedules = table('a schedule of discrete steps', discrete)

/** All schedules, by name: of discrete steps, and in continuous time. */
export const schedules = table('a schedule', [...discrete, ...continuous])

/** A schedule of discrete steps by its name, as a checkpoint stores it: a JSON value. */
export type DiscreteScheduleConfig = ConfigOf<typeof discreteSchedules>

/** A schedule by its name: a JSON value. */
export type ScheduleConfig = ConfigOf<typeof schedules>

/** Whether a configuration is of a schedule of discrete steps. */
export const isDiscreteConfig = (config: ScheduleConfig): config is DiscreteScheduleConfig =>
  (discreteSchedules.names as readonly string[]).includes(config.name)

/**
 * The schedule of a configuration.
 * @throws CascadeError 'input' that lists everything that is wrong with the configuration.
 */
export function scheduleOf(config: DiscreteScheduleConfig): DiscreteSchedule
export function scheduleOf(config: ScheduleConfig): DiscreteSchedule | ContinuousSchedule
export function scheduleOf(config: ScheduleConfig): DiscreteSchedule | ContinuousSchedule {
  return schedules.of('schedule', config)
}
