import { checkOneOf } from '@cascade-diffusion/checks'
import {
  imagenet16,
  imagenet16To64,
  imagenet32,
  imagenet32To64,
  imagenet64,
  imagenet64To128,
  imagenet64To256,
} from './imagenet.ts'
import { lsun64, lsun64To128 } from './lsun.ts'
import type { BasePreset, Preset, SuperResolutionPreset } from './preset.ts'

/** The models of a cascade: a base, then the stages that super-resolve its images. */
export type Pipeline = readonly [BasePreset, ...SuperResolutionPreset[]]

/** All presets. */
export const presets: readonly Preset[] = [
  ...[imagenet32, imagenet32To64, imagenet64To128, imagenet64To256],
  ...[imagenet16, imagenet16To64, imagenet64],
  ...[lsun64, lsun64To128],
]

/** The paper's pipelines: of Section 4.1 to 128×128 and 256×256, the experiment of Section 4.3, and LSUN's of Section 4.5. */
export const pipelines = {
  'imagenet-128': [imagenet32, imagenet32To64, imagenet64To128],
  'imagenet-256': [imagenet32, imagenet32To64, imagenet64To256],
  'imagenet-16-64': [imagenet16, imagenet16To64],
  lsun: [lsun64, lsun64To128],
} as const satisfies Record<string, Pipeline>

/** The preset of that name. @throws if there is none. */
export function presetNamed(name: string): Preset {
  const names = presets.map((preset) => preset.name)
  return presets[names.indexOf(checkOneOf('presetNamed', 'a preset', name, names))]!
}

/** The pipeline of that name. @throws if there is none. */
export function pipelineNamed<N extends keyof typeof pipelines>(name: N): (typeof pipelines)[N]
export function pipelineNamed(name: string): Pipeline
export function pipelineNamed(name: string): Pipeline {
  return pipelines[checkOneOf('pipelineNamed', 'a pipeline', name, pipelineNames)]
}

const pipelineNames = Object.keys(pipelines) as (keyof typeof pipelines)[]
