import { ndarray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import {
  type DiscreteSchedule,
  type DiscreteScheduleConfig,
  discreteSchedules,
  scheduleOf,
} from '@cascade-diffusion/schedules'
import { add, gather, mul, reshape, type Tensor1D, type Tensor4D, tensor1d } from '@tensorflow/tfjs-core'
import type { ConditioningAugmentation } from './augmentation.ts'

/** What {@link gaussianNoise} draws. */
export type GaussianNoiseDraw = {
  /** s of each image, int32 [n]. */
  readonly level: Tensor1D
  /** Standard normal noise of the shape of the images. */
  readonly noise: Tensor4D
}

/** Options of {@link gaussianNoise}. */
export interface GaussianNoiseOptions {
  /** The schedule of the low-resolution model's process, whose forward process makes the noise. */
  readonly schedule: DiscreteSchedule
  /** The greatest s, at most the schedule's number of steps T. Default T. */
  readonly maxLevel?: number
}

/**
 * Gaussian conditioning augmentation, non-truncated and amortised over s (Cascaded Diffusion Models, sections 3.2 and
 * 3.3): z_s = √ᾱ z + √(1 - ᾱ) ε, as s steps of the low-resolution model's forward process make it.
 *
 * As in the paper, s = 0 is the clean image and s = T pure noise: s counts steps taken, so z_s has the noise of
 * `alphasCumprod[s - 1]`, that is of x_t at t = s - 1. In training s is uniform over 0 … maxLevel, both included, and
 * the network is conditioned on it; the best s is searched for afterwards.
 * @throws if `maxLevel` is not an integer from 1 to T.
 */
export function gaussianNoise(options: GaussianNoiseOptions): ConditioningAugmentation<GaussianNoiseDraw> {
  checkOptions('gaussianNoise', options, { schedule: true, maxLevel: true })
  const { alphasCumprod } = options.schedule ?? {}
  if (!alphasCumprod)
    throw new CascadeError(
      'input',
      `gaussianNoise: expected a schedule of discrete steps, such as cosineSchedule(4000), got ${shown(options.schedule)}`,
    )
  const { maxLevel = alphasCumprod.length } = options
  if (!(Number.isInteger(maxLevel) && maxLevel >= 1 && maxLevel <= alphasCumprod.length))
    throw new CascadeError(
      'input',
      `gaussianNoise: expected a maxLevel from 1 to ${alphasCumprod.length}, got ${shown(maxLevel)}`,
    )
  const kept = [1, ...alphasCumprod.subarray(0, maxLevel)]
  const alphas = Float32Array.from(kept, Math.sqrt)
  const sigmas = Float32Array.from(kept, (a) => Math.sqrt(1 - a))
  return {
    name: 'gaussian-noise',
    maxLevel,
    draw({ shape, rng, level, firstIndex = 0 }) {
      const n = shape[0] as number
      return {
        level:
          level === undefined
            ? rng.fold('level').integers([n], 0, maxLevel + 1, firstIndex)
            : ndarray(new Int32Array(n).fill(level), [n]),
        noise: rng.fold('augmentation').normal(shape, firstIndex * sizeOf(shape.slice(1))),
      }
    },
    apply: (z, { level, noise }) => add(mul(atLevels(alphas, level), z), mul(atLevels(sigmas, level), noise)),
  }
}

/** The entries of a table at levels int32 [N], as [N,1,1,1]. */
const atLevels = (table: Float32Array, level: Tensor1D): Tensor4D =>
  reshape(gather(tensor1d(table), level), [level.shape[0], 1, 1, 1])

/** {@link gaussianNoise} by name: a JSON value. */
export interface GaussianNoiseConfig {
  readonly name: 'gaussian-noise'
  /** The schedule of the low-resolution model's process, whose forward process makes the noise. */
  readonly schedule: DiscreteScheduleConfig
  /** The greatest s, at most the schedule's number of steps T. Default T. */
  readonly maxLevel?: number
}

/** The entry of the table. */
export const gaussianNoiseEntry: Entry<GaussianNoiseConfig, ConditioningAugmentation> = {
  name: 'gaussian-noise',
  schema: schema.record<GaussianNoiseConfig>({
    name: schema.oneOf(['gaussian-noise']),
    schedule: discreteSchedules.schema,
    maxLevel: schema.optional(schema.integer({ from: 1 })),
  }),
  make: ({ schedule, maxLevel }) => gaussianNoise({ schedule: scheduleOf(schedule), maxLevel }),
}
