import { CascadeError, checkInteger, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import type { Pipeline } from './pipelines.ts'
import type { Preset } from './preset.ts'

/** What {@link shrunk} changes, and nothing else. */
export interface ShrunkOptions {
  /**
   * Channels of the first level of every network. Channels of attention heads change in proportion, so their number does
   * not.
   */
  readonly baseChannels: number
  /** Residual blocks of each level, in every network. Default: those of the preset. */
  readonly residualBlocks?: number
  /** What all resolutions are divided by: of images, low-resolution images and attention. Default 1. */
  readonly divisor?: number
  /** Steps of training of every stage. */
  readonly trainingSteps: number
  /** Images of a step of training of every stage. */
  readonly batchSize: number
  /** Steps of sampling of every stage, at most. They are spread evenly over the schedule. Default: all. */
  readonly samplingSteps?: number
}

const shrunkKeys: KnownKeys<ShrunkOptions> = {
  baseChannels: true,
  residualBlocks: true,
  divisor: true,
  trainingSteps: true,
  batchSize: true,
  samplingSteps: true,
}

/**
 * A pipeline at another size: to try a program in seconds, or to train on little data. Everything that the options do
 * not name stays: the depth of the networks, processes, augmentations, losses, learning rates, dropout, flips, averages.
 * @throws if an option is missing, unknown or out of range, or a resolution cannot be divided. Whether the networks can
 * be built is found by `presetStage`.
 */
export function shrunk<P extends Pipeline>(pipeline: P, options: ShrunkOptions): P {
  const where = 'shrunk'
  if (!Array.isArray(pipeline))
    throw new CascadeError('input', `${where}: expected a pipeline, as pipelineNamed gives, got ${shown(pipeline)}`)
  checkOptions(where, options, shrunkKeys)
  for (const name of ['baseChannels', 'trainingSteps', 'batchSize'] as const)
    checkInteger(where, name, options[name], { from: 1 })
  for (const name of ['residualBlocks', 'divisor', 'samplingSteps'] as const)
    if (options[name] !== undefined) checkInteger(where, name, options[name], { from: 1 })
  return pipeline.map((preset) => shrunkPreset(preset, options)) as unknown as P
}

function shrunkPreset<P extends Preset>(preset: P, options: ShrunkOptions): P {
  const { baseChannels, residualBlocks, divisor = 1, trainingSteps, batchSize, samplingSteps } = options
  const { name, stage, training, inference } = preset
  const { network } = stage
  const divided = (resolution: number) => {
    if (resolution % divisor === 0) return resolution / divisor
    throw new CascadeError(
      'input',
      `shrunk: expected a divisor of ${resolution}, a resolution of '${name}', got ${divisor}`,
    )
  }
  const { attentionHeadChannels } = network
  return {
    ...preset,
    stage: {
      ...stage,
      resolution: divided(stage.resolution),
      ...('lowResolution' in stage && { lowResolution: divided(stage.lowResolution) }),
      network: {
        ...network,
        baseChannels,
        residualBlocks: residualBlocks ?? network.residualBlocks,
        attentionResolutions: network.attentionResolutions?.map(divided),
        attentionHeadChannels: attentionHeadChannels && (attentionHeadChannels * baseChannels) / network.baseChannels,
      },
    },
    training: { ...training, steps: trainingSteps, batchSize },
    inference: { ...inference, steps: Math.min(inference.steps, samplingSteps ?? inference.steps) },
  }
}
