import { type ConditioningAugmentation, conditionsOnLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { CustomAugmentation } from './stage-config.ts'

/**
 * The description of a custom augmentation. Defaults are left out, so that it equals that of an older checkpoint.
 * @param shape [height, width, channels] of the low-resolution images.
 */
export function describeCustom(augmentation: ConditioningAugmentation, shape: readonly number[]): CustomAugmentation {
  const { name, minLevel = 0, maxLevel, continuous = false } = augmentation
  return {
    name,
    ...(minLevel > 0 && { minLevel }),
    maxLevel,
    ...(continuous && { continuous }),
    embedsLevel: conditionsOnLevel(augmentation, shape),
  }
}
