import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import {
  type ConditioningAugmentation,
  checkAugmentation,
  gaussianNoise,
  noAugmentation,
} from '@cascade-diffusion/conditioning-augmentation'
import { type ProcessConfig, processKeys, type ScheduleConfig, scheduleOf } from './process-config.ts'

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

/** With those of a process, which one may spread into it: what the network is told or predicts has no part in it. */
const gaussianKeys = { ...processKeys, name: true, maxLevel: true } as const

/** Whether it is code of one's own, complete or not, and no description. */
export const isOwn = (given: AugmentationConfig | ConditioningAugmentation): given is ConditioningAugmentation =>
  typeof given === 'object' && given !== null && ('apply' in given || 'sampleLevels' in given || 'embedsLevel' in given)

/** The augmentation of that description; one's own comes back as it is. @throws on another name, and as `checkAugmentation`. */
export function augmentationOf(given: AugmentationConfig | ConditioningAugmentation): ConditioningAugmentation {
  if (isOwn(given)) return checkAugmentation(given)
  const name = (given as { readonly name?: unknown } | undefined)?.name
  if (name === 'none') {
    checkOptions('augmentation none', given as NoAugmentationConfig, { name: true })
    return noAugmentation
  }
  if (name === 'gaussian-noise') {
    checkOptions<Partial<GaussianNoiseConfig & ProcessConfig>>(
      'augmentation gaussian-noise',
      given as GaussianNoiseConfig,
      gaussianKeys,
    )
    const { name: _, maxLevel, ...schedule } = given as GaussianNoiseConfig
    return gaussianNoise({ schedule: scheduleOf(schedule), maxLevel })
  }
  throw new CascadeError(
    'input',
    "augmentation: expected { name: 'gaussian-noise', … }, { name: 'none' } or one of your own with 'apply', " +
      `got ${shown(name ?? given)}`,
  )
}
