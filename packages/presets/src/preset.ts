import type {
  BaseStageOptions,
  StageUNetConfig,
  SuperResolutionStageOptions,
  TrainingObjective,
} from '@cascade-diffusion/cascade'
import type { AugmentationConfig } from '@cascade-diffusion/conditioning-augmentation'
import type { ScheduleConfig } from '@cascade-diffusion/schedules'

/** How a model is trained, with Adam. */
export interface TrainingSettings extends TrainingObjective {
  readonly steps: number
  readonly batchSize: number
  readonly learningRate: number
  /** The moving average of the weights, which samples are drawn with. */
  readonly averages: { readonly ema: { readonly decay: number } }
  /** Whether images are mirrored left to right, each with probability ½. */
  readonly randomFlips: boolean
}

/** How samples are drawn: by ancestral sampling, without guidance. */
export interface InferenceSettings {
  /** Evaluations of the network. Fewer than the schedule has are spread evenly over its steps. */
  readonly steps: number
  /** The schedule of sampling, if it is chosen after training. Default: that of training. */
  readonly schedule?: ScheduleConfig
  /** s, the level of conditioning augmentation. Without it, s is searched for after training (`searchAugmentation`). */
  readonly level?: number
}

interface CommonPreset {
  /** The name of the model and of its stage's files: `imagenet-32-64`. */
  readonly name: string
  /** The classes of its data set; null if it is unconditional. */
  readonly numClasses: number | null
  readonly training: TrainingSettings
  readonly inference: InferenceSettings
}

/** What every stage has: square images, and a U-Net by its size. */
export interface SizedNetwork {
  readonly resolution: number
  readonly network: StageUNetConfig
}

/** A model that samples images from noise. */
export interface BasePreset extends CommonPreset {
  readonly kind: 'base'
  readonly stage: Omit<BaseStageOptions, 'name' | 'classNames' | keyof SizedNetwork> & SizedNetwork
}

/** A model that super-resolves images. */
export interface SuperResolutionPreset extends CommonPreset {
  readonly kind: 'super-resolution'
  readonly stage: Omit<
    SuperResolutionStageOptions,
    'name' | 'classNames' | 'lowResolution' | 'augmentation' | keyof SizedNetwork
  > &
    SizedNetwork & { readonly lowResolution: number; readonly augmentation: AugmentationConfig }
}

/** One model of a pipeline as the paper has it: its network, its diffusion process, its training and its sampling. */
export type Preset = BasePreset | SuperResolutionPreset
