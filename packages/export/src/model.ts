import type { NDArray, Params } from '@cascade-diffusion/arrays'
import type { Stage, StageNetwork, TrainedStage } from '@cascade-diffusion/cascade'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { AugmentationConfig } from '@cascade-diffusion/conditioning-augmentation'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import type { PretrainedUNet } from '@cascade-diffusion/pretrained'
import type { ImageSides, UNetConfig } from '@cascade-diffusion/unet'

/** What can be exported: a stage with its weights, or a U-Net as `fromPretrained` gives it. */
export type ExportSource = TrainedStage | PretrainedUNet

/** What is exported of any source. */
export interface Model {
  readonly name: string
  readonly network: StageNetwork
  readonly params: Params<NDArray>
  readonly process: ProcessConfig
  /** Height and width. */
  readonly resolution: ImageSides
  readonly imageChannels: number
  readonly classNames: readonly string[] | null
  /** Whether the network takes a class. */
  readonly labelled: boolean
  /** Of a network that super-resolves images: their height, width and channels. */
  readonly lowRes?: readonly [number, number, number]
  /** Of a super-resolution stage. */
  readonly augmentation?: Extract<Stage, { kind: 'super-resolution' }>['augmentation']
  /** Its configuration; null of a custom one. */
  readonly augmentationConfig?: AugmentationConfig | null
}

/**
 * @param name the name of a U-Net, which has none.
 * @throws if it is neither a stage nor a U-Net with weights, or if a U-Net super-resolves images of an unknown size.
 */
export function modelOf(source: ExportSource, name: string): Model {
  checkSource('export', source)
  return 'stage' in source ? ofStage(source) : ofUNet(source, name)
}

/** @throws unless it is a stage or a U-Net, with weights. */
export function checkSource(where: string, source: ExportSource): void {
  const given = (source ?? {}) as { stage?: unknown; network?: { config?: unknown }; params?: unknown }
  if (!given.params || !(given.stage || given.network?.config))
    throw new CascadeError(
      'input',
      `${where}: expected a trained stage or a U-Net, as fromPretrained gives them, got ${shown(source)}`,
    )
}

function ofStage({ stage, params }: TrainedStage): Model {
  const { name, network, size, imageChannels, classNames, description } = stage
  return {
    name,
    network,
    params,
    imageChannels,
    process: description.process,
    resolution: size,
    classNames: classNames ?? null,
    labelled: classNames !== undefined,
    ...(stage.kind === 'super-resolution' && {
      lowRes: [...stage.lowSize, imageChannels],
      augmentation: stage.augmentation,
      augmentationConfig: configOf(description.augmentation),
    }),
  }
}

const sidesOf = (resolution: UNetConfig['resolution']): ImageSides =>
  typeof resolution === 'number' ? [resolution, resolution] : resolution

const configOf = (described: Stage['description']['augmentation']): AugmentationConfig | null =>
  described && !('embedsLevel' in described) ? described : null

function ofUNet({ network, params, process, lowResolution }: PretrainedUNet, name: string): Model {
  const { resolution, imageChannels, numClasses, lowRes, augmentationLevels } = network.config
  if (augmentationLevels)
    throw new CascadeError('input', `export: '${name}' is conditioned on levels of augmentation: expected its stage`)
  if (lowRes && lowResolution === undefined)
    throw new CascadeError(
      'input',
      `export: '${name}' super-resolves images: expected their height and width as lowResolution`,
    )
  return {
    name,
    network,
    params,
    process,
    imageChannels,
    classNames: null,
    labelled: numClasses !== undefined,
    resolution: sidesOf(resolution),
    lowRes: lowRes && [...sidesOf(lowResolution as UNetConfig['resolution']), lowRes.channels],
  }
}
