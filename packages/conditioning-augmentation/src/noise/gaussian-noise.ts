import {
  CascadeError,
  checkFlag,
  checkInteger,
  checkNumber,
  checkOptions,
  type Entry,
  type Schema,
  schema,
  shown,
} from '@cascade-diffusion/checks'
import {
  type ContinuousSchedule,
  type DiscreteSchedule,
  isDiscreteConfig,
  type ScheduleConfig,
  scheduleOf,
  schedules,
} from '@cascade-diffusion/schedules'
import type { ConditioningAugmentation, LevelNoise } from '../augmentation.ts'
import { type ContinuousNoiseDraw, continuousNoise } from './continuous-noise.ts'
import { type DiscreteNoiseDraw, discreteNoise } from './discrete-noise.ts'
import { checkSignal } from './noise-range.ts'

/** Options of {@link gaussianNoise}. */
export interface GaussianNoiseOptions<S = DiscreteSchedule | ContinuousSchedule> {
  /** The schedule of the low-resolution model's process, whose forward process makes the noise. */
  readonly schedule: S
  /** The least s. Default 0, no noise. */
  readonly minLevel?: number
  /** The greatest s: a step up to the schedule's number T of steps, or a time up to 1. Default T, or 1. */
  readonly maxLevel?: number
  /** Whether z is scaled by √ᾱ, as in the forward process. Without it, z + √(1/ᾱ - 1) ε. Default true. */
  readonly variancePreserving?: boolean
}

/**
 * Gaussian conditioning augmentation, amortised over s (Cascaded Diffusion Models, sections 3.2 and 3.3):
 * z_s = √ᾱ z + √(1 - ᾱ) ε, as the low-resolution model's forward process makes it. In training s is uniform over
 * minLevel … maxLevel, both included, and the network is conditioned on it; the best s is searched for afterwards.
 *
 * With a schedule of discrete steps, s counts steps taken, as in the paper: s = 0 is the clean image and s = T pure
 * noise, so z_s has the noise of `alphasCumprod[s - 1]`, that is of x_t at t = s - 1. In continuous time s is the time,
 * from 0, the clean image, to 1; the network is conditioned on 1000 s.
 * @throws if the levels are not within the schedule, or if without `variancePreserving` nothing is left of the image at
 * `maxLevel`.
 */
export function gaussianNoise(
  options: GaussianNoiseOptions<DiscreteSchedule>,
): ConditioningAugmentation<DiscreteNoiseDraw>
export function gaussianNoise(
  options: GaussianNoiseOptions<ContinuousSchedule>,
): ConditioningAugmentation<ContinuousNoiseDraw>
export function gaussianNoise(options: GaussianNoiseOptions): ConditioningAugmentation
export function gaussianNoise(options: GaussianNoiseOptions): ConditioningAugmentation {
  checkOptions(where, options, { schedule: true, minLevel: true, maxLevel: true, variancePreserving: true })
  const { schedule, variancePreserving = true } = options
  checkFlag(where, 'variancePreserving', variancePreserving)
  const discrete = isDiscrete(schedule)
  if (!discrete && typeof schedule?.alpha !== 'function')
    throw new CascadeError(
      'input',
      `${where}: expected a schedule, such as cosineSchedule(4000) or continuousCosine(), got ${shown(schedule)}`,
    )
  const { minLevel = 0, maxLevel = discrete ? schedule.alphasCumprod.length : 1 } = options
  if (discrete) {
    checkInteger(where, 'maxLevel', maxLevel, { from: 1, to: schedule.alphasCumprod.length })
    checkInteger(where, 'minLevel', minLevel, { from: 0, to: maxLevel })
  } else {
    checkNumber(where, 'maxLevel', maxLevel, { from: 1e-6, to: 1 })
    checkNumber(where, 'minLevel', minLevel, { from: 0, to: maxLevel })
  }
  const noiseLevel = (s: number): LevelNoise => {
    if (s === 0) return { alpha: 1, sigma: 0 }
    if (!discrete) return { alpha: schedule.alpha(s), sigma: schedule.sigma(s) }
    const alphaCumprod = schedule.alphasCumprod[s - 1]!
    return { alpha: Math.sqrt(alphaCumprod), sigma: Math.sqrt(1 - alphaCumprod) }
  }
  const range = { name: 'gaussian-noise', minLevel, maxLevel, variancePreserving, noiseLevel }
  checkSignal(where, range)
  return discrete ? discreteNoise(range) : continuousNoise(range, (s) => 1000 * s)
}

const where = 'gaussianNoise'

const isDiscrete = (schedule: DiscreteSchedule | ContinuousSchedule): schedule is DiscreteSchedule =>
  typeof schedule === 'object' && schedule !== null && 'alphasCumprod' in schedule

/** {@link gaussianNoise} by name: a JSON value. */
export interface GaussianNoiseConfig extends Omit<GaussianNoiseOptions, 'schedule'> {
  readonly name: 'gaussian-noise'
  /** The schedule of the low-resolution model's process, whose forward process makes the noise. */
  readonly schedule: ScheduleConfig
}

const record = (least: Schema<number>, greatest: Schema<number>) =>
  schema.record<GaussianNoiseConfig>({
    name: schema.oneOf(['gaussian-noise']),
    schedule: schedules.schema,
    minLevel: schema.optional(least),
    maxLevel: schema.optional(greatest),
    variancePreserving: schema.optional(schema.flag()),
  })

/** The entry of the table. */
export const gaussianNoiseEntry: Entry<GaussianNoiseConfig, ConditioningAugmentation> = {
  name: 'gaussian-noise',
  schema: schema.either(
    record(schema.integer({ from: 0 }), schema.integer({ from: 1 })),
    record(schema.number({ from: 0, to: 1 }), schema.number({ from: 1e-6, to: 1 })),
    (x) => {
      const name = (x as Partial<GaussianNoiseConfig> | null)?.schedule?.name
      return name !== undefined && schedules.names.includes(name) && !isDiscreteConfig({ name } as ScheduleConfig)
    },
  ),
  make: ({ name, schedule, ...options }) => gaussianNoise({ ...options, schedule: scheduleOf(schedule) }),
}
