import type { NDArray, Params } from '@cascade-diffusion/arrays'
import {
  CascadeError,
  checkFunction,
  checkInteger,
  checkOptions,
  type KnownKeys,
  shown,
} from '@cascade-diffusion/checks'
import {
  type AugmentationConfig,
  augmentationOf,
  type ConditioningAugmentation,
  conditionsOnLevel,
  isCustomAugmentation,
  tryAugmentation,
} from '@cascade-diffusion/conditioning-augmentation'
import {
  type DiffusionProcess,
  learnsVariance,
  type ProcessConfig,
  processOf,
  type Schedule,
} from '@cascade-diffusion/diffusion'
import type { Rng } from '@cascade-diffusion/random'
import { type LowResConfig, type UNetCondition, type UNetConfig, unet } from '@cascade-diffusion/unet'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { noiseSkip } from './noise-skip.ts'

/** A network as a function of its weights: a {@link unet}, or one's own. */
export interface StageNetwork {
  /** What a checkpoint says of it: a JSON value. */
  readonly config: unknown
  /** First weights, a pure function of the key. */
  init(rng: Rng): Params<NDArray>
  /**
   * Raw output for noisy images [N,H,W,C], told `noise` [N] in the unit of the process: C channels, or twice as many if the variance
   * is learned. Where labels are dropped, a label may be -1: none.
   */
  apply(params: Params<Tensor>, xt: Tensor4D, noise: Tensor1D, condition: UNetCondition): Tensor4D
}

/** The part of a U-Net's configuration that a stage does not settle by itself. */
export type StageUNetConfig = Omit<
  UNetConfig,
  'resolution' | 'imageChannels' | 'outChannels' | 'numClasses' | 'lowRes' | 'augmentationLevels'
> & {
  /** Leads the noise around the network, which then learns v: for short trainings and large images. Default false. */
  readonly noiseSkip?: boolean
  /** How a super-resolution stage brings the small images to its resolution. Default: bilinear. */
  readonly lowRes?: Pick<LowResConfig, 'resize'>
}

interface StageOptions {
  /** Names the stage's files. */
  readonly name: string
  /** Height and width of the images it makes. */
  readonly resolution: number
  /** 1 for grey, 3 for colour. */
  readonly imageChannels: number
  /** The classes it is conditioned on, by name. Default: unconditional. */
  readonly classNames?: readonly string[]
  /**
   * How likely the label of a training image is dropped, from 0 to 1: lets a class-conditional stage be sampled with
   * classifier-free guidance, and without a class. Default 0.
   */
  readonly labelDropout?: number
  readonly process: ProcessConfig
  /** The size of a U-Net, whose inputs and outputs follow from the stage; or a network of one's own. */
  readonly network: StageUNetConfig | StageNetwork
}

/** Options of {@link baseStage}. */
export interface BaseStageOptions extends StageOptions {}

/** Options of {@link superResolutionStage}. */
export interface SuperResolutionStageOptions extends StageOptions {
  /** Height and width of the images it enlarges. */
  readonly lowResolution: number
  /** How the small images are corrupted in training. There is no default: without it, errors compound along the cascade. */
  readonly augmentation: AugmentationConfig | ConditioningAugmentation
}

const baseKeys: KnownKeys<BaseStageOptions> = {
  name: true,
  resolution: true,
  imageChannels: true,
  classNames: true,
  labelDropout: true,
  process: true,
  network: true,
}
const superResolutionKeys: KnownKeys<SuperResolutionStageOptions> = {
  ...baseKeys,
  lowResolution: true,
  augmentation: true,
}

interface CommonStage {
  readonly name: string
  readonly resolution: number
  readonly imageChannels: number
  readonly classNames: readonly string[] | undefined
  /** How likely a label is dropped in training; 0 for not at all. */
  readonly labelDropout: number
  readonly process: DiffusionProcess<Schedule>
  readonly network: StageNetwork
  /** What a checkpoint says of the stage: a JSON value, from which {@link loadStage} builds it again. */
  readonly description: StageDescription
}

/** The first stage of a cascade: makes small images from noise. */
export interface BaseStage extends CommonStage {
  readonly kind: 'base'
}

/** A later stage: enlarges images, conditioned on them. */
export interface SuperResolutionStage extends CommonStage {
  readonly kind: 'super-resolution'
  readonly lowResolution: number
  readonly augmentation: ConditioningAugmentation
}

/** One diffusion model of a cascade, trained by itself. */
export type Stage = BaseStage | SuperResolutionStage

/** A stage in words. */
export interface StageDescription {
  readonly kind: Stage['kind']
  readonly name: string
  readonly resolution: number
  readonly imageChannels: number
  readonly classNames: readonly string[] | null
  readonly labelDropout?: number
  readonly process: ProcessConfig
  readonly network: unknown
  readonly lowResolution?: number
  readonly augmentation?: AugmentationConfig | CustomAugmentation
}

/** What a checkpoint can say of a custom augmentation: not its code. */
export interface CustomAugmentation extends Pick<ConditioningAugmentation, 'name' | 'maxLevel'> {
  /** Whether the network is conditioned on the level. */
  readonly embedsLevel: boolean
}

/**
 * Describes the first stage of a cascade.
 * @throws if an option is missing or unknown, or the network or the process cannot be as described.
 */
export function baseStage(options: BaseStageOptions): BaseStage {
  checkOptions('baseStage', options, baseKeys)
  return { kind: 'base', ...common('base', options, {}) }
}

/**
 * Describes a stage that enlarges images, conditioned on them and on nothing of how they came about.
 * @throws if an option is missing or unknown, or the network, the process or the augmentation cannot be as described: of one of
 * your own every member is looked at, and it is tried if tfjs has a backend; else before the first step.
 */
export function superResolutionStage(options: SuperResolutionStageOptions): SuperResolutionStage {
  checkOptions('superResolutionStage', options, superResolutionKeys)
  const { lowResolution, resolution, imageChannels } = options
  if (
    !(
      Number.isInteger(lowResolution) &&
      lowResolution > 0 &&
      resolution % lowResolution === 0 &&
      resolution > lowResolution
    )
  )
    throw new CascadeError(
      'input',
      `stage '${options.name}': expected a resolution that is a multiple of lowResolution ${lowResolution}, got ${resolution}`,
    )
  const small = [
    lowResolution,
    lowResolution,
    checkInteger(`stage '${options.name}'`, 'imageChannels', imageChannels, { from: 1 }),
  ]
  const augmentation = augmentationOf(options.augmentation, small)
  const custom = isCustomAugmentation(options.augmentation)
  if (custom) tryAugmentation(augmentation, small)
  const { name, maxLevel } = augmentation
  const embedsLevel = conditionsOnLevel(augmentation, small)
  const described = custom ? { name, maxLevel, embedsLevel } : (options.augmentation as AugmentationConfig)
  const inputs = { lowRes: { channels: imageChannels }, augmentationLevels: embedsLevel }
  const stage = common('super-resolution', options, inputs)
  return {
    kind: 'super-resolution',
    ...stage,
    lowResolution,
    augmentation,
    description: { ...stage.description, lowResolution, augmentation: described },
  }
}

function common(
  kind: Stage['kind'],
  options: StageOptions,
  inputs: Pick<UNetConfig, 'lowRes' | 'augmentationLevels'>,
): CommonStage {
  const { name, resolution, imageChannels, classNames, labelDropout = 0, process } = options
  if (typeof name !== 'string' || !/^[\w-]+$/.test(name))
    throw new CascadeError(
      'input',
      `stage: expected a name of letters, digits, - and _, since it names files; got ${shown(name)}`,
    )
  checkInteger(`stage '${name}'`, 'a resolution', resolution, { from: 1 })
  checkInteger(`stage '${name}'`, 'imageChannels', imageChannels, { from: 1 })
  if (classNames !== undefined) checkClassNames(name, classNames)
  if (!(Number.isFinite(labelDropout) && labelDropout >= 0 && labelDropout < 1 && (labelDropout === 0 || classNames)))
    throw new CascadeError(
      'input',
      `stage '${name}': expected a labelDropout from 0 to less than 1, and of a stage with classes, got ${shown(labelDropout)}`,
    )
  const diffusion = processOf(process)
  const network = isNetwork(name, options.network) ? options.network : sizedNetwork(options.network)
  function sizedNetwork({ noiseSkip: skips, lowRes, ...size }: StageUNetConfig): StageNetwork {
    if (lowRes && !inputs.lowRes)
      throw new CascadeError('input', `stage '${name}': expected no lowRes of its network, since it is a base`)
    const net = unet({
      ...(diffusion.noiseInput === 'noise-level' && { noiseEmbedding: { name: 'noise-level' } }),
      ...size,
      resolution,
      imageChannels,
      ...inputs,
      ...(classNames && { numClasses: classNames.length }),
      ...(learnsVariance(diffusion) && { outChannels: 2 * imageChannels }),
      ...(inputs.lowRes && { lowRes: { ...lowRes, ...inputs.lowRes } }),
    })
    const told = net.config.noiseEmbedding.name === 'noise-level'
    if (told !== (diffusion.noiseInput === 'noise-level'))
      throw new CascadeError(
        'input',
        `stage '${name}': expected a noiseEmbedding that fits the noiseInput ${diffusion.noiseInput}, ` +
          `got ${net.config.noiseEmbedding.name}`,
      )
    return skips ? noiseSkip(net, diffusion) : net
  }
  return {
    name,
    resolution,
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

/** Whether it is a network of one's own. @throws if it is neither that nor the size of a U-Net. */
function isNetwork(name: string, network: StageUNetConfig | StageNetwork): network is StageNetwork {
  if (typeof network !== 'object' || network === null)
    throw new CascadeError(
      'input',
      `stage '${name}': expected a network, its size or { config, init, apply }, got ${shown(network)}`,
    )
  if (!('apply' in network || 'init' in network)) return false
  const { apply, init } = network as Partial<StageNetwork>
  checkFunction(`stage '${name}'`, 'apply of its network', apply)
  checkFunction(`stage '${name}'`, 'init of its network', init)
  return true
}

function checkClassNames(name: string, classNames: readonly string[]): void {
  const fits = Array.isArray(classNames) && classNames.length > 0 && classNames.every((x) => typeof x === 'string')
  if (!fits)
    throw new CascadeError(
      'input',
      `stage '${name}': expected classNames, a list of texts, or none of an unconditional stage, got ${shown(classNames)}` +
        (Array.isArray(classNames) && classNames.length > 0 ? ' that are not all texts' : ''),
    )
  const twice = classNames.find((className, i) => classNames.indexOf(className) < i)
  if (twice !== undefined)
    throw new CascadeError('input', `stage '${name}': expected different classNames, got '${twice}' twice`)
}
