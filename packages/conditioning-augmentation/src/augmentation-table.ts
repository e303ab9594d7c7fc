import { type ConfigOf, table } from '@cascade-diffusion/checks'
import { migrateSchedule } from '@cascade-diffusion/schedules'
import type { ConditioningAugmentation } from './augmentation.ts'
import { checkAugmentation } from './checks/check-augmentation.ts'
import { downUpEntry } from './down-up/down-up.ts'
import { gaussianBlurEntry } from './gaussian-blur.ts'
import { jpegEntry } from './jpeg/jpeg-compression.ts'
import { none } from './no-augmentation.ts'
import { gaussianNoiseEntry } from './noise/gaussian-noise.ts'

/** The augmentations, by name. */
export const augmentations = table('an augmentation', [
  gaussianNoiseEntry,
  gaussianBlurEntry,
  jpegEntry,
  downUpEntry,
  none,
])

/** A conditioning augmentation by its name, as a checkpoint stores it: a JSON value. */
export type AugmentationConfig = ConfigOf<typeof augmentations>

/** Whether it is a custom augmentation, complete or not, rather than a configuration. */
export const isCustomAugmentation = (
  given: AugmentationConfig | ConditioningAugmentation,
): given is ConditioningAugmentation =>
  typeof given === 'object' && given !== null && ('apply' in given || 'draw' in given)

/**
 * The augmentation of a configuration. A custom one is returned as it is.
 * @param shape [height, width, channels] of the low-resolution images.
 * @throws CascadeError 'input' that lists everything that is wrong with the configuration; and as {@link
 * checkAugmentation}.
 */
export const augmentationOf = (
  given: AugmentationConfig | ConditioningAugmentation,
  shape: readonly number[],
): ConditioningAugmentation =>
  isCustomAugmentation(given) ? checkAugmentation(given, shape) : augmentations.of('augmentation', given)

/** Brings the configuration of an augmentation from a checkpoint before version 0.1 to the present form. Unchecked. */
export const migrateAugmentation = <T extends object>(config: T): T => {
  // It may hold other fields of a process, which do not matter here.
  const { prediction, variance, noiseInput, ...rest } = config as T & Record<string, unknown>
  return migrateSchedule(rest as unknown as T)
}
