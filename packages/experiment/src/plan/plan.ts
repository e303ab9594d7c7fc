import type {
  BaseStageOptions,
  GuidanceConfig,
  StepsConfig,
  SuperResolutionStageOptions,
} from '@cascade-diffusion/cascade'
import type { ProcessX0Config, SamplerConfig } from '@cascade-diffusion/diffusion'
import type { DataConfig } from '../data/data.ts'

/** How one model is trained: Adam, its rate along a cosine to 0 after 50 steps of warm-up. */
export interface TrainingPlan {
  readonly steps: number
  readonly batchSize: number
  /** The highest rate. */
  readonly learningRate: number
  /** The decay of the weights' moving average. Default 0.99. */
  readonly emaDecay?: number
}

/** How one stage is sampled. */
export interface SamplingPlan {
  /** The sampler by name: `{ name: 'ddim', eta: 1 }`. */
  readonly sampler: SamplerConfig
  /** How many steps, evenly spaced from the last step of the process to the first; or how they are spaced. */
  readonly steps: number | StepsConfig
  /** What the stage is guided by. Default: nothing. */
  readonly guidance?: GuidanceConfig
  /** What is done to predicted images. Default `{ name: 'clip' }`. */
  readonly processX0?: ProcessX0Config
}

/** What every stage of a plan has. */
export interface StagePlan<Options> {
  /** The stage. The channels and the classes of its images are those of the data. */
  readonly stage: Options
  readonly training: TrainingPlan
  readonly sampling: SamplingPlan
}

/** The first stage of a plan. */
export type BaseStagePlan = StagePlan<Omit<BaseStageOptions, 'imageChannels' | 'classNames'>>

/** A later stage of a plan. It super-resolves the images of the stage before it. */
export interface SuperResolutionStagePlan
  extends StagePlan<Omit<SuperResolutionStageOptions, 'imageChannels' | 'classNames' | 'lowResolution'>> {
  /** The levels s of conditioning augmentation that are tried; of one, nothing is searched. */
  readonly levels: readonly number[]
}

/**
 * An experiment as data: what is trained, sampled and evaluated, and on what. It holds names and numbers only, unless a stage or the
 * data are custom, and can then be written as JSON.
 */
export interface ExperimentPlan {
  /** Names the folder of the checkpoints: letters, digits, - and _. */
  readonly name: string
  /** The report's title. */
  readonly title: string
  /** What the images are, in a sentence, for the report. */
  readonly about: string
  /** What else the report's readers should know. */
  readonly note?: string
  readonly data: DataConfig
  /** The classifier that evaluates samples. */
  readonly evaluator: { readonly name: 'classifier'; readonly training: TrainingPlan }
  /** The stages of the cascade, from the smallest images to the largest. */
  readonly stages: readonly [BaseStagePlan, ...SuperResolutionStagePlan[]]
  /** How many images of each class are sampled and evaluated. */
  readonly samplesPerClass: number
  /** How many images are sampled at a time. It changes memory and speed, not the images. */
  readonly samplingBatchSize: number
}

/** The resolution of a plan's finished images, which are evaluated. */
export const lastResolution = ({ stages }: ExperimentPlan): number => stages.at(-1)!.stage.resolution
