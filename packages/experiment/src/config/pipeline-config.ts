import { type Preset, pipelineNamed, type pipelines, presetSampling } from '@cascade-diffusion/presets'
import type { CascadeConfig, StageConfig } from './cascade-config.ts'

/**
 * A pipeline of the paper as a configuration: its networks, processes, augmentations, training and sampling. The data
 * and the evaluation are left open.
 */
export const pipelineConfig = (name: keyof typeof pipelines): CascadeConfig => ({
  name,
  stages: pipelineNamed(name).map(stageOf),
})

function stageOf(preset: Preset): StageConfig {
  const { name, numClasses, stage, training, inference } = preset
  const { resolution, process, network } = stage
  return {
    name,
    resolution,
    conditional: numClasses === null ? false : undefined,
    process,
    network,
    augmentation: preset.kind === 'super-resolution' ? preset.stage.augmentation : undefined,
    training,
    sampling: presetSampling(preset),
    levels: inference.level === undefined ? undefined : [inference.level],
  }
}
