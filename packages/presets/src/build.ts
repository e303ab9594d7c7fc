import {
  type BaseStage,
  baseStage,
  type Cascade,
  type Stage,
  type StageSampling,
  type SuperResolutionStage,
  superResolutionStage,
  type TrainedStage,
  type TrainStageOptions,
} from '@cascade-diffusion/cascade'
import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import type { AugmentationConfig, ConditioningAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import type { CompleteUNetConfig } from '@cascade-diffusion/unet'
import type { Pipeline } from './pipelines.ts'
import type { BasePreset, Preset, SuperResolutionPreset, TrainingSettings } from './preset.ts'

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
 * The stage of a preset.
 * @throws if an augmentation is given for a base.
 */
export function presetStage(preset: BasePreset, options?: PresetStageOptions): BaseStage
export function presetStage(preset: SuperResolutionPreset, options?: PresetStageOptions): SuperResolutionStage
export function presetStage(preset: Preset, options?: PresetStageOptions): Stage
export function presetStage(preset: Preset, options: PresetStageOptions = {}): Stage {
  checkPreset('presetStage', preset)
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

/** The complete network of a preset, including what follows from its stage: for instance for `summary`. */
export const presetNetwork = (preset: Preset): CompleteUNetConfig =>
  presetStage(preset).network.config as CompleteUNetConfig

/** What `trainStage` is given of a preset and its data. */
export type PresetTraining = Pick<TrainStageOptions, 'stage' | 'dataset'> & TrainingSettings

/**
 * The options of `trainStage` for a preset: all but the seed, what compiles, and the checkpoint. A class-conditional
 * stage has the classes of the data, however many.
 * @throws if the preset is class-conditional and the data has no classes.
 */
export function presetTraining(preset: Preset, dataset: TrainStageOptions['dataset']): PresetTraining {
  checkPreset('presetTraining', preset)
  const { name, numClasses, training } = preset
  const conditional = numClasses !== null
  if (conditional && !dataset?.classNames)
    throw new CascadeError(
      'input',
      `preset '${name}': expected a source of images with classes, got ${shown(dataset?.name ?? dataset)} without`,
    )
  const stage = presetStage(preset, { classNames: conditional ? dataset.classNames : undefined })
  return { stage, dataset, ...training }
}

/**
 * How a stage of a preset is sampled. Where its inference has fewer steps than the schedule, they are spread evenly over
 * it.
 */
export function presetSampling(preset: Preset): StageSampling {
  checkPreset('presetSampling', preset)
  const { name, stage, inference } = preset
  const { schedule, steps } = inference
  const sampled = schedule ?? stage.process.schedule
  if (!('steps' in sampled))
    throw new CascadeError(
      'input',
      `preset '${name}': expected an inference.schedule that has steps, got '${sampled.name}'`,
    )
  return { sampler: { name: 'ancestral' }, schedule, spacing: steps === sampled.steps ? undefined : steps }
}

/**
 * The cascade of the trained stages of a pipeline, sampled as its presets say. A stage has the level s of its preset,
 * and none if the paper searches for it.
 * @param trained a stage for each preset, by its name: `{ stage, params: ema }` of `trainStage`, or as `loadStage` gives it.
 * @throws unless there is one for each.
 */
export function pipelineCascade(pipeline: Pipeline, trained: readonly TrainedStage[]): Cascade {
  const where = 'pipelineCascade'
  const names = (stages: readonly { readonly name: string }[]) => stages.map(({ name }) => name).join(', ')
  if (!Array.isArray(pipeline))
    throw new CascadeError('input', `${where}: expected a pipeline, as pipelineNamed gives, got ${shown(pipeline)}`)
  if (!Array.isArray(trained))
    throw new CascadeError('input', `${where}: expected a list of trained stages, got ${shown(trained)}`)
  const [expected, got] = [names(pipeline), names(trained.map((each) => each?.stage ?? { name: shown(each) }))]
  if (expected !== got)
    throw new CascadeError('input', `${where}: expected the trained stages ${expected}, got ${got || 'none'}`)
  return {
    stages: pipeline.map((preset, i) => ({
      ...trained[i]!,
      sampling: presetSampling(preset),
      level: preset.inference.level,
    })),
  }
}

function checkPreset(where: string, preset: Preset): void {
  if (typeof preset?.stage !== 'object')
    throw new CascadeError(
      'input',
      `${where}: expected a preset, such as imagenet32 or presetNamed gives, got ${shown(preset)}`,
    )
}
