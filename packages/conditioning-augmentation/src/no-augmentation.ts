import { type Entry, schema } from '@cascade-diffusion/checks'
import type { ConditioningAugmentation } from './augmentation.ts'

/** {@link noAugmentation} by name: an explicit choice. */
export interface NoAugmentationConfig {
  readonly name: 'none'
}

/**
 * No augmentation, as an explicit choice for a super-resolution stage: z stays as it is, and the network is not
 * conditioned on a level. The paper finds that cascades without augmentation suffer from the errors of the stage before
 * (section 4.3).
 */
export const noAugmentation: ConditioningAugmentation<Record<never, never>> = {
  name: 'none',
  maxLevel: 0,
  draw: () => ({}),
  apply: (z) => z,
}

/** The entry of the table. */
export const none: Entry<NoAugmentationConfig, ConditioningAugmentation> = {
  name: 'none',
  schema: schema.record<NoAugmentationConfig>({ name: schema.oneOf(['none']) }),
  make: () => noAugmentation,
}
