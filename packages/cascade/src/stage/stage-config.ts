import type { AugmentationConfig, ConditioningAugmentation, Levels } from '@cascade-diffusion/conditioning-augmentation'
import type { ImageSize } from '@cascade-diffusion/data'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import type { LowResConfig, UNetConfig } from '@cascade-diffusion/unet'
import type { StageNetwork } from './stage-network.ts'

/** The part of a U-Net's configuration that does not follow from the stage. */
export type StageUNetConfig = Omit<
  UNetConfig,
  'resolution' | 'imageChannels' | 'outChannels' | 'numClasses' | 'lowRes' | 'augmentationLevels'
> & {
  /**
   * Adds a skip connection for the noise, so that the network learns v: for short training runs and large images.
   * Default false.
   */
  readonly noiseSkip?: boolean
  /** How a super-resolution stage super-resolves the small images to its resolution. Default: bilinear. */
  readonly lowRes?: Pick<LowResConfig, 'resize'>
}

/** Options of every stage. */
export interface StageOptions {
  /** Names the stage's files. */
  readonly name: string
  /** The size of the images it makes: the side of a square, or [height, width]. */
  readonly resolution: number | ImageSize
  /** 1 for grey, 2 for grey and alpha, 3 for RGB, 4 for RGBA. */
  readonly imageChannels: number
  /**
   * The classes it is conditioned on, by name. Default: unconditional, whether the data are labelled or not. The stages
   * of a cascade need not agree in it.
   */
  readonly classNames?: readonly string[]
  /**
   * The probability that the label of a training image is dropped. Above 0, a class-conditional stage can be sampled
   * with classifier-free guidance, and without a class. Default 0.
   */
  readonly labelDropout?: number
  readonly process: ProcessConfig
  /** The size of a U-Net, whose inputs and outputs follow from the stage; or a custom network. */
  readonly network: StageUNetConfig | StageNetwork
}

/** Options of {@link baseStage}. */
export interface BaseStageOptions extends StageOptions {}

/** Options of {@link superResolutionStage}. */
export interface SuperResolutionStageOptions extends StageOptions {
  /**
   * The size of the images that it super-resolves: the side of a square, or [height, width]. Neither side may be larger
   * than that of `resolution`, and one must be smaller; factors need not be integers.
   */
  readonly lowResolution: number | ImageSize
  /**
   * How the small images are corrupted in training. There is no default: without it, errors compound along the cascade.
   */
  readonly augmentation: AugmentationConfig | ConditioningAugmentation
}

/** The description of a stage, as a checkpoint stores it: a JSON value. */
export interface StageDescription {
  readonly kind: 'base' | 'super-resolution'
  readonly name: string
  readonly resolution: number | ImageSize
  readonly imageChannels: number
  readonly classNames: readonly string[] | null
  readonly labelDropout?: number
  readonly process: ProcessConfig
  readonly network: unknown
  readonly lowResolution?: number | ImageSize
  readonly augmentation?: AugmentationConfig | CustomAugmentation
}

/** The description of a custom augmentation in a checkpoint, which has no code. */
export interface CustomAugmentation extends Levels {
  /** Whether the network is conditioned on the level. */
  readonly embedsLevel: boolean
}
