import { baseStage, type Stage, type StageSamplerOptions, superResolutionStage } from '@cascade-diffusion/cascade'
import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import { type ConditioningAugmentation, noAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import { ancestral } from '@cascade-diffusion/diffusion'
import type { CompleteUNetConfig } from '@cascade-diffusion/unet'
import type { Preset } from './preset.ts'

/** What a preset leaves to you. */
export interface PresetStageOptions {
  /** The classes of your data, by name. Default: of a class-conditional preset its numbers, `0`, `1`, …; of an unconditional one none. */
  readonly classNames?: readonly string[]
  /** The conditioning augmentation of a preset that blurs, or another than the preset's. */
  readonly augmentation?: ConditioningAugmentation
}

/**
 * The stage of a preset: to be trained with `trainStage({ stage, ...preset.training, … })`.
 * @throws if the preset blurs its small images and no augmentation is handed in; or if a base is handed one.
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
  return superResolutionStage({ ...common, ...preset.stage, augmentation: augmentation ?? augmentationOf(preset) })
}

function augmentationOf({ name, stage }: Extract<Preset, { kind: 'super-resolution' }>) {
  const { augmentation } = stage
  if (augmentation.name !== 'gaussian-blur') return augmentation
  const [low, high] = augmentation.sigma
  throw new CascadeError(
    'input',
    `preset '${name}': expected an augmentation to be handed in that blurs ${100 * augmentation.probability} % of the images by ` +
      `${augmentation.size}×${augmentation.size} pixels with σ from ${low} to ${high}`,
  )
}

/** How `stageSampler` draws the samples of a preset. */
export const presetSampler = ({
  inference: { schedule },
}: Preset): Pick<StageSamplerOptions, 'sampler' | 'schedule'> => ({
  sampler: ancestral(),
  ...(schedule && { schedule }),
})

/** The network of a preset in full, what its stage adds to the preset's `network` included: for `summary` and the like. */
export function presetNetwork(preset: Preset): CompleteUNetConfig {
  // No network is told of a blur.
  const blurs = preset.kind === 'super-resolution' && preset.stage.augmentation.name === 'gaussian-blur'
  return presetStage(preset, blurs ? { augmentation: noAugmentation } : {}).network.config as CompleteUNetConfig
}
