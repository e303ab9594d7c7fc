import type {
  AugmentationWay,
  BaseStageOptions,
  StageSampling,
  SuperResolutionStageOptions,
  TrainingRun,
  TrainStageOptions,
} from '@cascade-diffusion/cascade'
import { type ImageSize, imageSize } from '@cascade-diffusion/data'
import type { LearningRateConfig } from '@cascade-diffusion/training'
import type { DataConfig } from '../data/data.ts'

/** The options of a run that an experiment supplies itself, or that are no data. */
type Supplied = 'seed' | 'compile' | 'checkpoint' | 'progress' | 'signal' | 'reduce' | 'loading'

/** How one model is trained: all options of training that do not follow from the plan. */
export interface TrainingPlan extends Omit<TrainingRun, Supplied | 'learningRate'> {
  /** A number, or a schedule by name: `{ name: 'cosine', rate: 2e-3, warmup: 50 }`. */
  readonly learningRate: number | LearningRateConfig
}

/** How a stage is trained: its loss, its noise levels and its flips too. */
export interface StageTrainingPlan
  extends TrainingPlan,
    Omit<TrainStageOptions, keyof TrainingRun | 'stage' | 'dataset'> {}

/** The options of every stage of a plan. */
export interface StagePlan<Options> {
  /** The stage. The channels and the classes of its images are those of the data. */
  readonly stage: Options
  readonly training: StageTrainingPlan
  /** How it is sampled: `{ sampler: { name: 'ddim', eta: 1 }, steps: 25 }`. */
  readonly sampling: StageSampling
}

/** The first stage of a plan. */
export type BaseStagePlan = StagePlan<Omit<BaseStageOptions, 'imageChannels' | 'classNames'>>

/** A later stage of a plan. It super-resolves the images of the stage before it. */
export interface SuperResolutionStagePlan
  extends StagePlan<Omit<SuperResolutionStageOptions, 'imageChannels' | 'classNames' | 'lowResolution'>> {
  /** The levels s of conditioning augmentation to try. */
  readonly levels: readonly number[]
  /**
   * The ways to try at each of them: the stage below stops at s and hands over z_s (`truncated`; paper, Section 3.2), or
   * its finished images are augmented anew (`non-truncated`; Section 3.3). Default: both where the stages allow a
   * truncated one, else `non-truncated`. A single way at a single level is used without a search.
   */
  readonly ways?: AugmentationWay | 'both'
}

/**
 * An experiment as data: what is trained, sampled and evaluated, and on what. It holds names and numbers only, unless a
 * stage or the data are custom, and can then be written as JSON.
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
  /** The number of images of each class that are sampled and evaluated. */
  readonly samplesPerClass: number
  /** The number of images sampled at a time. It affects memory and speed, not the images. */
  readonly samplingBatchSize: number
}

/** The size of a plan's finished images, which are evaluated. */
export const lastSize = ({ stages }: ExperimentPlan): ImageSize => imageSize('plan', stages.at(-1)!.stage.resolution)
