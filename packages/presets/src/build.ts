import { baseStage, type Stage, type StageSamplerOptions, superResolutionStage } from '@cascade-diffusion/cascade'
import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import type { AugmentationConfig, ConditioningAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import type { CompleteUNetConfig } from '@cascade-diffusion/unet'
import type { Preset } from './preset.ts'

/** What a preset leaves to you. */
export interface PresetStageOptions {
  /** The classes of your data, by name. Default: of a class-conditional preset its numbers, `0`, `1`, …; of an unconditional one none. */
  readonly classNames?: readonly string[]
  /** Another conditioning augmentation than the preset's. */
  readonly augmentation?: AugmentationConfig | ConditioningAugmentation
}

/**
 * The stage of a preset: to be trained with `trainStage({ stage, ...preset.training, … })`.
 * @throws if a base is handed an augmentation.
 */
export function presetStage(preset: Preset, options: PresetStageOptions = {}): Stage {
  if (typeof preset?.stage !== 'object')
    throw new CascadeError(
      'input',
      `presetStage: expected a preset, such as imagenet32 or presetNamed gives, got ${shown(preset)}`,
    )
  checkOptions('presetStage', options, { classNames: true, augmentation: true })
  const { classNames, augmentation } = options
  const { name, numClasses } = preset
  const names = classNames ?? (numClasses === null ? undefined : Array.from({ length: numClasses }, (_, i) => `${i}`))
  const common = { name, ...(names && { classNames: names }) }
  if (preset.kind === 'base') {
    if (augmentation) throw new CascadeError('input', `preset '${name}': expected no augmentation, since it is a base`)
    return baseStage({ ...common, ...preset.stage })
  }
  return superResolutionStage({ ...common, ...preset.stage, augmentation: augmentation ?? preset.stage.augmentation })
}

/** How `stageSampler` draws the samples of a preset. */
export const presetSampler = ({
  inference: { schedule },
}: Preset): Pick<StageSamplerOptions, 'sampler' | 'schedule'> => ({
  sampler: { name: 'ancestral' },
  schedule,
})

/** The network of a preset in full, what its stage adds to the preset's `network` included: for `summary` and the like. */
export const presetNetwork = (preset: Preset): CompleteUNetConfig =>
  presetStage(preset).network.config as CompleteUNetConfig
