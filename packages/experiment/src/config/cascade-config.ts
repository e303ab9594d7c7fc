import type { StageSampling, StageUNetConfig } from '@cascade-diffusion/cascade'
import type { SourceConfig } from '@cascade-diffusion/data'
import type { DataConfig } from '../data/data.ts'
import type { ImagesConfig } from '../data/images.ts'
import type { ExperimentData } from '../data/load-context.ts'
import type {
  EvaluationPlan,
  ModelTraining,
  PlannedBase,
  PlannedSuperResolution,
  StageTraining,
} from '../plan/cascade-plan.ts'
import type { PresetName } from './preset-names.ts'

/** The sizes of networks by name, from one for a minute on a laptop to that of the paper. */
export type Budget = 'tiny' | 'small' | 'base' | 'paper'

/** The names of {@link Budget}. */
export const budgets: readonly Budget[] = ['tiny', 'small', 'base', 'paper']

/** Images of files, with test images or without. */
export interface ConfiguredImages extends Omit<ImagesConfig, 'test'> {
  /**
   * Test images in the same way; or a part of the training images, `{ validation: 0.1 }`. Default: `val` or `test`
   * beside the training images, if they are there; else a tenth of the training images.
   */
  readonly test?: ImagesConfig['test']
}

/**
 * Where the images are. A path, which `openImages` recognises; a source by name; a data set by name, such as
 * `{ name: 'mnist' }`; images of files, `{ name: 'images', train, test, transforms }`, whose `test` defaults to a tenth
 * of `train`; or custom sources.
 */
export type ConfiguredData =
  | string
  | SourceConfig
  | Exclude<DataConfig, ImagesConfig>
  | ConfiguredImages
  | ExperimentData

/** How stages are trained: what is left out follows from the preset, the budget and the data. */
export interface TrainingConfig extends Partial<StageTraining> {
  /** Steps of the whole run, those before a resumed checkpoint included. Default: by the budget. */
  readonly steps?: number
  /**
   * The number of images of a step. If the data set has fewer, images are repeated within a step, each time with other
   * noise. Default: by the budget and the memory.
   */
  readonly batchSize?: number
  /**
   * A number, or a schedule by name: `{ name: 'cosine', rate: 2e-3, warmup: 50 }`. Default: by the budget and the batch
   * size.
   */
  readonly learningRate?: StageTraining['learningRate']
}

/** How stages are sampled: what is left out follows from the preset, the budget and the process. */
export interface SamplingConfig extends Partial<StageSampling> {
  /** A sampler by name: `{ name: 'heun' }`. Default: `{ name: 'ddim', eta: 1 }`; that of the paper where its network is. */
  readonly sampler?: StageSampling['sampler']
}

/** How the network that sees samples is trained. */
export interface EvaluatorTrainingConfig extends Partial<ModelTraining> {
  /** Steps of the whole run. Default 400. */
  readonly steps?: number
  /** The number of images of a step. Default 64. */
  readonly batchSize?: number
  /** A number, or a schedule by name. Default: `{ name: 'cosine', rate: 2e-3, warmup: 50 }`. */
  readonly learningRate?: ModelTraining['learningRate']
}

/** How samples are evaluated: what is left out follows from the data and the budget. */
export interface EvaluationConfig {
  /**
   * The network whose features are compared, trained on the real images: a classifier of their `classes`; or of the
   * `rotations` by quarter turns that an image was given, which needs no labels. Default: `classes` if there are several,
   * else `rotations`.
   */
  readonly features?: EvaluationPlan['features']
  /** How that network is trained. Default: 400 steps of 64 images. */
  readonly training?: EvaluatorTrainingConfig
  /** The number of images that are sampled and evaluated, the classes in turn. Default: by the budget. */
  readonly samples?: number
}

/** A stage: what is left out follows from the preset, from the data and from the budget. */
export interface StageConfig extends Pick<Partial<PlannedSuperResolution>, 'conditional' | 'labelDropout' | 'ways'> {
  /**
   * The size of the images that it makes: the side of a square, or [height, width]. Default: that of the preset; by the
   * data, if no stage has one.
   */
  readonly resolution?: PlannedBase['resolution']
  /** Names its files: letters, digits, - and _. Default: `base`, then the resolution, `64x64`. */
  readonly name?: string
  /** The process that it learns. Default: the cosine schedule of 1000 steps, with predictions of v. */
  readonly process?: PlannedBase['process']
  /**
   * How the small images are corrupted in training, unless it is the first stage: by name, or a custom augmentation.
   * Default: Gaussian blur from 128 pixels on; below, Gaussian noise of the process of the stage before it.
   */
  readonly augmentation?: PlannedSuperResolution['augmentation']
  /**
   * The levels s of conditioning augmentation that a search tries. The first is used until there was one. Default: a few
   * from none to half of the greatest.
   */
  readonly levels?: PlannedSuperResolution['levels']
  /** A size by name; the size of a U-Net; or a custom network. Default: the `network` of the configuration. */
  readonly network?: Budget | StageUNetConfig | PlannedBase['network']
  /** How it is trained. Default: the `training` of the configuration. */
  readonly training?: TrainingConfig
  /** How it is sampled. Default: the `sampling` of the configuration. */
  readonly sampling?: SamplingConfig
}

/** How all stages are sampled. */
export interface CommonSamplingConfig extends SamplingConfig {
  /** The number of images sampled at a time. It affects memory and speed, not the images. Default: at most 64. */
  readonly batchSize?: number
}

/** The words of a report. */
export interface ReportConfig {
  /** Its title. Default: `A cascade on` and the name. */
  readonly title?: string
  /** What the images are, in a sentence. Default: their number, classes and source. */
  readonly about?: string
  /** What else readers should know. Default: nothing. */
  readonly note?: string
}

/** What `cascade.config.ts` says. Only `data` or a `preset` is needed. */
export interface CascadeConfig {
  /** For editors, in JSON files: where cascade.schema.json is. Default: none. */
  readonly $schema?: string
  /** A configuration by name to begin with. What is said here replaces what it says. Default: none. */
  readonly preset?: PresetName
  /** Names the run: letters, digits, - and _. Default: that of the data. */
  readonly name?: string
  /** The words of the report. Default: made of the name and the data. */
  readonly report?: ReportConfig
  /** Fixes weights, batches and noise. Default 0. */
  readonly seed?: number
  /** Where the images are: a path, or a data set by name. Default: those of the preset, else it is needed. */
  readonly data?: ConfiguredData
  /**
   * From the smallest images to the largest: `[16, 64]`, or with settings `[{ resolution: 16, network: 'tiny' }, 64]`.
   * Those of a preset are changed one by one, by their place. Default: by the size of the images.
   */
  readonly stages?: readonly (PlannedBase['resolution'] | StageConfig)[]
  /** The size of all networks by name. Default `small`. */
  readonly network?: Budget
  /** How all stages are trained, unless they say otherwise. Default: by the budget. */
  readonly training?: TrainingConfig
  /** How all stages are sampled, unless they say otherwise. Default: by the budget and the process. */
  readonly sampling?: CommonSamplingConfig
  /** How samples are evaluated. Default: by the classes of the data, or by rotations if they have none. */
  readonly evaluation?: EvaluationConfig
}

/** Gives a configuration back: so that editors complete and check it. */
export const defineCascade = (config: CascadeConfig): CascadeConfig => config
