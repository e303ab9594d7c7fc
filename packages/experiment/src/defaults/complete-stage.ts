import type { StageUNetConfig } from '@cascade-diffusion/cascade'
import { imageSize } from '@cascade-diffusion/data'
import type { LearningRateConfig } from '@cascade-diffusion/training'
import type { Budget, CascadeConfig } from '../config/cascade-config.ts'
import type { SizedStage } from '../config/sized-stages.ts'
import type { PlannedBase, PlannedSuperResolution, StageTraining } from '../plan/cascade-plan.ts'
import type { DataFacts } from './data-facts.ts'
import { augmentationFor, levelsOf, samplingOf, stageDefaults } from './stage-defaults.ts'
import type { StageDefaults } from './stage-place.ts'

type Planned = PlannedBase | PlannedSuperResolution

/** What a stage follows from besides what is said of it. */
export interface StageContext {
  /** The budget of stages that name none. */
  readonly budget: Budget
  /** What the configuration says of all stages. */
  readonly training: CascadeConfig['training']
  readonly sampling: Partial<PlannedBase['sampling']>
  /** The stage below; undefined for a base. */
  readonly below: Planned | undefined
  readonly facts: DataFacts
  readonly memoryBytes: number
}

/** A stage with nothing left out. */
export function completeStage(stage: SizedStage, context: StageContext): Planned {
  const { below, facts } = context
  const { resolution } = stage
  const budget = typeof stage.network === 'string' ? stage.network : context.budget
  const labelled = (facts.classNames?.length ?? 0) > 1
  const lowResolution = below?.resolution
  const defaults = stageDefaults({ budget, resolution, lowResolution, labelled })
  const process = stage.process ?? defaults.process
  const network = typeof stage.network === 'object' ? stage.network : defaults.network
  const sampling = sampledBy({ ...context.sampling, ...stage.sampling }, defaults, process)
  const common = {
    name: stage.name ?? (below ? imageSize('stage', resolution).join('x') : 'base'),
    resolution,
    process,
    network: network as StageUNetConfig,
    labelDropout: stage.labelDropout,
    conditional: stage.conditional ?? (facts.classNames && !labelled ? false : undefined),
    training: trainedBy({ ...context.training, ...stage.training }, defaults, context),
    sampling,
  }
  if (!below) return common
  const augmentation = stage.augmentation ?? augmentationFor(resolution, below.process)
  const lowShape = [...imageSize('stage', lowResolution!), facts.channels]
  const levels = stage.levels ?? levelsOf(augmentation, lowShape)
  return { ...common, augmentation, levels, ways: stage.ways }
}

/** How a stage is trained: the batch follows from the images and the memory, the learning rate from the batch. */
function trainedBy(given: Partial<StageTraining>, { training }: StageDefaults, { facts }: StageContext): StageTraining {
  const most = 2 ** Math.floor(Math.log2(Math.max(1, facts.count)))
  const batchSize = given.batchSize ?? Math.min(training.batchSize, most)
  const learningRate = given.learningRate ?? scaled(training.learningRate, Math.sqrt(batchSize / training.batchSize))
  return { ...training, ...given, batchSize, learningRate }
}

/** A learning rate times a factor, to two digits. */
function scaled(rate: number | LearningRateConfig, factor: number): number | LearningRateConfig {
  const times = (x: number) => Number((x * factor).toPrecision(2))
  return typeof rate === 'number' ? times(rate) : { ...rate, rate: times(rate.rate) }
}

/** How a stage is sampled: steps in one form replace those in another. */
function sampledBy(
  given: Partial<PlannedBase['sampling']>,
  { sampling, samplingSteps }: StageDefaults,
  process: PlannedBase['process'],
): PlannedBase['sampling'] {
  const { steps, spacing, ...others } = sampling ?? samplingOf(process, samplingSteps)
  const said = given.steps !== undefined || given.spacing !== undefined || given.schedule !== undefined
  return said ? { ...others, ...given } : { ...others, steps, spacing, ...given }
}
