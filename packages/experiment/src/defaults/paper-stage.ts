import { imageSize } from '@cascade-diffusion/data'
import { type Preset, presetSampling, presets } from '@cascade-diffusion/presets'
import { fitted } from './networks.ts'
import type { StageDefaults, StagePlace } from './stage-place.ts'

/**
 * The paper's model at a place: the preset of those resolutions, with classes or without as the data if there are both; else the preset of
 * the next resolution, with its network fitted to this one.
 */
export function paperStage(place: StagePlace): StageDefaults {
  const preset = nearestPreset(place)
  const { process, network } = preset.stage
  const { training, inference } = preset
  return {
    process,
    network: fitted(network, place.resolution),
    training,
    samplingSteps: inference.steps,
    sampling: presetSampling(preset),
    augmentation: preset.kind === 'super-resolution' ? preset.stage.augmentation : undefined,
    level: inference.level,
  }
}

function nearestPreset({ resolution, lowResolution, labelled }: StagePlace): Preset {
  const side = (size: typeof resolution) => Math.min(...imageSize('stage', size))
  const distance = (preset: Preset) => {
    const { stage, numClasses } = preset
    const low = 'lowResolution' in stage ? stage.lowResolution : undefined
    const steps = Math.abs(Math.log2(stage.resolution / side(resolution)))
    const lowSteps = low && lowResolution ? Math.abs(Math.log2(low / side(lowResolution))) : 0
    return 100 * steps + 10 * lowSteps + Number((numClasses !== null) !== labelled)
  }
  const ofKind = presets.filter(({ kind }) => (kind === 'base') === (lowResolution === undefined))
  return ofKind.toSorted((a, b) => distance(a) - distance(b))[0]!
}
