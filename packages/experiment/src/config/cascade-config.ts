import type { StageUNetConfig } from '@cascade-diffusion/cascade'
import type { SourceConfig } from '@cascade-diffusion/data'
import type { DataConfig, ExperimentData } from '../data/data.ts'
import type { ImagesConfig } from '../data/images.ts'
import type {
  CascadePlan,
  EvaluationPlan,
  PlannedBase,
  PlannedSuperResolution,
  StageTraining,
} from '../plan/cascade-plan.ts'
import type { PresetName } from './preset-names.ts'

/** The sizes of networks by name, from one for a minute on a laptop to that of the paper. */
export type Budget = 'tiny' | 'small' | 'base' | 'paper'

/** The names of {@link Budget}. */
export const budgets: readonly Budget[] = ['tiny', 'small', 'base', 'paper']

/**
 * Where the images are. A path, which `openImages` recognises; a source by name; a data set by name, such as
 * `{ name: 'mnist' }`; images of files, `{ name: 'images', train, test, transforms }`, whose `test` defaults to a tenth
 * of `train`; or custom sources.
 */
export type ConfiguredData =
  | string
  | SourceConfig
  | DataConfig
  | (Omit<ImagesConfig, 'test'> & Partial<ImagesConfig>)
  | ExperimentData

/** A stage: what is left out follows from the preset, from the data and from the budget. */
export interface StageConfig
  extends Partial<Omit<PlannedBase, 'network' | 'training' | 'sampling'>>,
    Partial<Pick<PlannedSuperResolution, 'augmentation' | 'levels' | 'ways'>> {
  /** A size by name; the size of a U-Net; or a custom network. Default: the `network` of the configuration. */
  readonly network?: Budget | StageUNetConfig | PlannedBase['network']
  /** How it is trained. Default: the `training` of the configuration. */
  readonly training?: Partial<StageTraining>
  /** How it is sampled. Default: the `sampling` of the configuration. */
  readonly sampling?: Partial<PlannedBase['sampling']>
}

/** What `cascade.config.ts` says. Only `data` or a `preset` is needed. */
export interface CascadeConfig {
  /** For editors, in JSON files. */
  readonly $schema?: string
  /** A configuration by name to begin with. What is said here replaces what it says. Default: none. */
  readonly preset?: PresetName
  /** Names the run: letters, digits, - and _. Default: that of the data. */
  readonly name?: string
  /** The words of the report. Default: made of the name and the data. */
  readonly report?: Partial<CascadePlan['report']>
  /** Fixes weights, batches and noise. Default 0. */
  readonly seed?: number
  /** Where the images are. Needed, unless the preset has them. */
  readonly data?: ConfiguredData
  /**
   * From the smallest images to the largest: `[16, 64]`, or with settings `[{ resolution: 16, network: 'tiny' }, 64]`.
   * Those of a preset are changed one by one, by their place. Default: by the size of the images.
   */
  readonly stages?: readonly (PlannedBase['resolution'] | StageConfig)[]
  /** The size of all networks by name. Default `small`. */
  readonly network?: Budget
  /** How all stages are trained, unless they say otherwise. */
  readonly training?: Partial<StageTraining>
  /** How all stages are sampled, unless they say otherwise; and the number of images sampled at a time. */
  readonly sampling?: Partial<PlannedBase['sampling']> & Partial<CascadePlan['sampling']>
  /** How samples are evaluated. Default: by the classes of the data, or by rotations if they have none. */
  readonly evaluation?: Partial<Omit<EvaluationPlan, 'training'>> & {
    readonly training?: Partial<EvaluationPlan['training']>
  }
}

/** Gives a configuration back: so that editors complete and check it. */
export const defineCascade = (config: CascadeConfig): CascadeConfig => config
