import { rng } from '@cascade-diffusion/random'
import type { ConditioningAugmentation } from './augmentation.ts'

/**
 * Whether the network is conditioned on the level: whether the augmentation draws one.
 * @param shape [height, width, channels] of the low-resolution images.
 */
export const conditionsOnLevel = (augmentation: ConditioningAugmentation, shape: readonly number[]): boolean =>
  augmentation.draw({ shape: [1, ...shape], rng: rng(0) }).level !== undefined
