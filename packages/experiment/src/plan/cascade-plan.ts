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
type Supplied = 'seed' | 'compile' | 'checkpoint' | 'progress' | 'observe' | 'signal' | 'reduce' | 'loading'

/** How one model is trained: all options of training that do not follow from the plan. */
export interface ModelTraining extends Omit<TrainingRun, Supplied | 'learningRate'> {
  /** A number, or a schedule by name: `{ name: 'cosine', rate: 2e-3, warmup: 50 }`. */
  readonly learningRate: number | LearningRateConfig
}

/** How a stage is trained: its loss, its noise levels and its flips too. */
export interface StageTraining extends ModelTraining, Omit<TrainStageOptions, keyof TrainingRun | 'stage' | 'dataset'> {
  /** Steps between checkpoints. They are also saved every five minutes. Default 250. */
  readonly saveEvery?: number
  /**
   * Steps between grids of samples, of the weights and of their average; 0 for none. Default: a tenth of `steps`, but at
   * least 250.
   */
  readonly sampleEvery?: number
}

/** What all stages of a plan have. */
interface PlannedStage {
  readonly training: StageTraining
  /** How it is sampled: `{ sampler: { name: 'ddim', eta: 1 }, steps: 25 }`. */
  readonly sampling: StageSampling
}

/** What follows from the data: the channels, and the classes of a stage that is conditioned on them. */
type FromData = 'imageChannels' | 'classNames'

/** The first stage of a plan. */
export interface PlannedBase extends Omit<BaseStageOptions, FromData>, PlannedStage {
  /** Whether it is conditioned on the classes of the data. Default: whether the data have classes. */
  readonly conditional?: boolean
}

/** A later stage of a plan. It super-resolves the images of the stage before it. */
export interface PlannedSuperResolution
  extends Omit<SuperResolutionStageOptions, FromData | 'lowResolution'>,
    PlannedStage {
  /** Whether it is conditioned on the classes of the data. Default: whether the data have classes. */
  readonly conditional?: boolean
  /** The levels s of conditioning augmentation that a search tries. The first is used until there was one. */
  readonly levels: readonly number[]
  /**
   * The ways to try at each of them: the stage below stops at s and hands over z_s (`truncated`; paper, Section 3.2), or
   * its finished images are augmented anew (`non-truncated`; Section 3.3). Default: both where the stages allow a
   * truncated one, else `non-truncated`. A single way at a single level is used without a search.
   */
  readonly ways?: AugmentationWay | 'both'
}

/** How samples are evaluated. */
export interface EvaluationPlan {
  /**
   * The network whose features are compared, trained on the real images: a classifier of their `classes`; or of the
   * `rotations` by quarter turns that an image was given, which needs no labels (Gidaris et al., 2018, arXiv:1803.07728).
   */
  readonly features: 'classes' | 'rotations'
  /** How it is trained. */
  readonly training: ModelTraining
  /** The number of images that are sampled and evaluated, the classes in turn. */
  readonly samples: number
}

/**
 * A configuration with nothing left out: what is trained, sampled and evaluated, and on what. It holds names and numbers
 * only, unless a stage or the data are custom, and can then be written as JSON. It is a `CascadeConfig` too, and
 * resolving it changes nothing.
 */
export interface CascadePlan {
  /** Names the run: letters, digits, - and _. */
  readonly name: string
  /** The words of the report. */
  readonly report: {
    readonly title: string
    /** What the images are, in a sentence. */
    readonly about: string
    /** What else readers should know. */
    readonly note?: string
  }
  /** Fixes weights, batches and noise. */
  readonly seed: number
  readonly data: DataConfig
  /** The stages of the cascade, from the smallest images to the largest. */
  readonly stages: readonly [PlannedBase, ...PlannedSuperResolution[]]
  readonly sampling: {
    /** The number of images sampled at a time. It affects memory and speed, not the images. */
    readonly batchSize: number
  }
  readonly evaluation: EvaluationPlan
}

/** The size of a plan's finished images, which are evaluated. */
export const lastSize = ({ stages }: Pick<CascadePlan, 'stages'>): ImageSize =>
  imageSize('plan', stages.at(-1)!.resolution)
