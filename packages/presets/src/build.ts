import { baseStage, type Stage, type StageSamplerOptions, superResolutionStage } from '@cascade-diffusion/cascade'
import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import type { AugmentationConfig, ConditioningAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import type { CompleteUNetConfig } from '@cascade-diffusion/unet'
import type { Preset } from './preset.ts'

/** What a preset leaves open. */
export interface PresetStageOptions {
  /**
   * The classes of the data, by name. Default: the numbers `0`, `1`, … for a class-conditional preset, none for an
   * unconditional one.
   */
  readonly classNames?: readonly string[]
  /** A conditioning augmentation in place of the preset's. */
  readonly augmentation?: AugmentationConfig | ConditioningAugmentation
}

/**
 * The stage of a preset: to be trained with `trainStage({ stage, ...preset.training, … })`.
 * @throws if an augmentation is given for a base.
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
  const common = { name, classNames: names }
  if (preset.kind === 'base') {
    if (augmentation) throw new CascadeError('input', `preset '${name}': expected no augmentation, since it is a base`)
    return baseStage({ ...common, ...preset.stage })
  }
  return superResolutionStage({ ...common, ...preset.stage, augmentation: augmentation ?? preset.stage.augmentation })
}

/** The options of `stageSampler` for a preset. */
export const presetSampler = ({
  inference: { schedule },
}: Preset): Pick<StageSamplerOptions, 'sampler' | 'schedule'> => ({
  sampler: { name: 'ancestral' },
  schedule,
})

/** The complete network of a preset, including what follows from its stage: for instance for `summary`. */
export const presetNetwork = (preset: Preset): CompleteUNetConfig =>
  presetStage(preset).network.config as CompleteUNetConfig
