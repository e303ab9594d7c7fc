import { CascadeError, isCascadeError, parseConfig } from '@cascade-diffusion/checks'
import {
  type AugmentationConfig,
  augmentationOf,
  type ConditioningAugmentation,
  conditionsOnLevel,
  isCustomAugmentation,
  tryAugmentation,
} from '@cascade-diffusion/conditioning-augmentation'
import { type ImageSize, imageSize, shownSize } from '@cascade-diffusion/data'
import { type DiffusionProcess, learnsVariance, processOf, type Schedule } from '@cascade-diffusion/diffusion'
import { unet } from '@cascade-diffusion/unet'
import { checkUNet, isUNetConfig, type StageInputs } from './check-unet.ts'
import { describeCustom } from './describe-custom.ts'
import { noiseSkip } from './noise-skip.ts'
import type {
  BaseStageOptions,
  StageDescription,
  StageOptions,
  StageUNetConfig,
  SuperResolutionStageOptions,
} from './stage-config.ts'
import type { StageNetwork } from './stage-network.ts'
import { baseSchema, isCustomNetwork, superResolutionSchema } from './stage-schema.ts'

interface CommonStage {
  readonly name: string
  /** Height and width of the images it makes. */
  readonly size: ImageSize
  readonly imageChannels: number
  readonly classNames: readonly string[] | undefined
  /** The probability that a label is dropped in training. */
  readonly labelDropout: number
  readonly process: DiffusionProcess<Schedule>
  readonly network: StageNetwork
  /** The description of the stage in a checkpoint: a JSON value, from which {@link loadStage} builds it again. */
  readonly description: StageDescription
}

/** The first stage of a cascade: samples small images from noise. */
export interface BaseStage extends CommonStage {
  readonly kind: 'base'
}

/** A later stage: super-resolves images, conditioned on them. */
export interface SuperResolutionStage extends CommonStage {
  readonly kind: 'super-resolution'
  /** Height and width of the images that it super-resolves. */
  readonly lowSize: ImageSize
  readonly augmentation: ConditioningAugmentation
}

/** One diffusion model of a cascade, trained by itself. */
export type Stage = BaseStage | SuperResolutionStage

/**
 * Describes the first stage of a cascade.
 * @throws CascadeError 'input' that lists everything that is wrong with the options; or if the network and the process
 * do not fit.
 */
export function baseStage(options: BaseStageOptions): BaseStage {
  parseConfig(whereOf('baseStage', options), baseSchema, options)
  return built(options, () => ({ kind: 'base', ...common('base', options, {}) }))
}

/**
 * Describes a stage that super-resolves images. It is conditioned on the images alone, not on how they were made.
 * @throws CascadeError 'input' that lists everything that is wrong with the options; or if the network, the process or
 * the augmentation do not fit. A custom augmentation is checked. It is also tried: at once if tfjs has a backend, else
 * before the first step.
 */
export function superResolutionStage(options: SuperResolutionStageOptions): SuperResolutionStage {
  parseConfig(whereOf('superResolutionStage', options), superResolutionSchema, options)
  return built(options, () => superResolution(options))
}

function superResolution(options: SuperResolutionStageOptions): SuperResolutionStage {
  const { imageChannels } = options
  const lowSize = sizeOf(options.lowResolution)
  const size = sizeOf(options.resolution)
  if (!isLarger(size, lowSize))
    throw new CascadeError(
      'input',
      `stage '${options.name}': expected a resolution that is larger than lowResolution ${shownSize(lowSize)}, got ${shownSize(size)}`,
    )
  const small = [...lowSize, imageChannels]
  const augmentation = augmentationOf(options.augmentation, small)
  const custom = isCustomAugmentation(options.augmentation)
  if (custom) tryAugmentation(augmentation, small)
  const described = custom ? describeCustom(augmentation, small) : (options.augmentation as AugmentationConfig)
  const inputs = { lowRes: { channels: imageChannels }, augmentationLevels: conditionsOnLevel(augmentation, small) }
  const stage = common('super-resolution', options, inputs)
  return {
    kind: 'super-resolution',
    ...stage,
    lowSize,
    augmentation,
    description: { ...stage.description, lowResolution: sideOrSides(lowSize), augmentation: described },
  }
}

function common(
  kind: Stage['kind'],
  options: StageOptions,
  inputs: Pick<StageInputs, 'lowRes' | 'augmentationLevels'>,
): CommonStage {
  const { name, imageChannels, classNames, labelDropout = 0, process } = options
  const size = sizeOf(options.resolution)
  const resolution = sideOrSides(size)
  const twice = classNames?.find((className, i) => classNames.indexOf(className) < i)
  if (twice !== undefined)
    throw new CascadeError('input', `stage '${name}': expected different classNames, got '${twice}' twice`)
  if (labelDropout > 0 && !classNames)
    throw new CascadeError(
      'input',
      `stage '${name}': expected labelDropout of a stage with classNames only, got ${labelDropout}`,
    )
  const diffusion = processOf(process)
  const follows: StageInputs = {
    resolution,
    imageChannels,
    ...inputs,
    ...(classNames && { numClasses: classNames.length }),
    ...(learnsVariance(diffusion) && { outChannels: 2 * imageChannels }),
  }
  const network = isCustomNetwork(options.network) ? options.network : sizedNetwork(options.network)
  function sizedNetwork({ noiseSkip: skips, lowRes, ...unetSize }: StageUNetConfig): StageNetwork {
    if (lowRes && !inputs.lowRes)
      throw new CascadeError('input', `stage '${name}': expected no lowRes of its network, since it is a base`)
    const net = unet({
      ...(diffusion.noiseInput === 'noise-level' && { noiseEmbedding: { name: 'noise-level' } }),
      ...unetSize,
      ...follows,
      ...(inputs.lowRes && { lowRes: { ...lowRes, ...inputs.lowRes } }),
    })
    return skips ? noiseSkip(net, diffusion) : net
  }
  if (isUNetConfig(network.config)) checkUNet(`stage '${name}'`, network.config, follows, diffusion.noiseInput)
  return {
    name,
    size,
    imageChannels,
    classNames,
    labelDropout,
    process: diffusion,
    network,
    description: {
      kind,
      name,
      resolution,
      imageChannels,
      classNames: classNames ?? null,
      ...(labelDropout > 0 && { labelDropout }),
      process,
      network: network.config,
    },
  }
}

const sizeOf = (resolution: number | ImageSize): ImageSize => imageSize('stage', resolution)

/** A size as descriptions have it: one number for a square. */
const sideOrSides = ([height, width]: ImageSize): number | ImageSize => (height === width ? height : [height, width])

/** Whether images of a size can be super-resolved to another: a side grows, and none shrinks. */
export const isLarger = (size: ImageSize, lowSize: ImageSize): boolean =>
  size.every((side, i) => side >= lowSize[i]!) && String(size) !== String(lowSize)

/** A stage. @throws with its name what its parts throw. */
function built<S extends Stage>({ name }: StageOptions, make: () => S): S {
  const where = `stage '${name}': `
  try {
    return make()
  } catch (cause) {
    if (!isCascadeError(cause) || cause.message.startsWith(where)) throw cause
    throw new CascadeError(cause.code, where + cause.message, { cause })
  }
}

/** The caller as errors name it: the stage, if it has a name. */
const whereOf = (maker: string, options: Partial<StageOptions> | undefined): string =>
  typeof options?.name === 'string' ? `stage '${options.name}'` : maker
