import { zeros } from '@cascade-diffusion/arrays'
import type { ConditioningAugmentation } from './augmentation.ts'

/**
 * No augmentation, as an explicit choice for a super-resolution stage: z as it is, and a network that is told nothing.
 * The paper finds that cascades without augmentation suffer from the errors of the stage before (section 4.3).
 */
export const noAugmentation: ConditioningAugmentation = {
  name: 'none',
  maxLevel: 0,
  embedsLevel: false,
  sampleLevels: (n) => zeros([n], 'int32'),
  apply: (z) => z,
}
