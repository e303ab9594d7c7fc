import {
  type ConditioningAugmentation,
  gaussianNoise,
  noAugmentation,
} from '@cascade-diffusion/conditioning-augmentation'
import { type ScheduleConfig, scheduleOf } from './process-config.ts'

/** Gaussian noise of the forward process of `schedule`, up to its step `maxLevel` (paper, Section 3.2). */
export interface GaussianNoiseConfig extends ScheduleConfig {
  readonly name: 'gaussian-noise'
  readonly maxLevel: number
}

/** No augmentation, said aloud: errors of the stage below pass through unseen. */
export interface NoAugmentationConfig {
  readonly name: 'none'
}

/** A conditioning augmentation by name, as a checkpoint keeps it. */
export type AugmentationConfig = GaussianNoiseConfig | NoAugmentationConfig

/** The augmentation of that description; one's own comes back as it is. @throws on another name. */
export function augmentationOf(given: AugmentationConfig | ConditioningAugmentation): ConditioningAugmentation {
  if ('apply' in given) return given
  if (given.name === 'none') return noAugmentation
  if (given.name === 'gaussian-noise') return gaussianNoise({ schedule: scheduleOf(given), maxLevel: given.maxLevel })
  const { name } = given as { name: unknown }
  throw new Error(`augmentation: expected gaussian-noise, none or one of your own with 'apply', got '${name}'`)
}
