import type { StageUNetConfig } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import { imageSize } from '@cascade-diffusion/data'
import type { LearningRateConfig } from '@cascade-diffusion/training'
import type { Budget, CascadeConfig } from '../config/cascade-config.ts'
import type { SizedStage } from '../config/sized-stages.ts'
import type { CascadePlan, PlannedBase, PlannedSuperResolution, StageTraining } from '../plan/cascade-plan.ts'
import { stagesOf } from '../plan/stages.ts'
import type { DataFacts } from './data-facts.ts'
import { estimateMemory } from './estimate-memory.ts'
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
  /** The stages below, complete. */
  readonly stages: readonly Planned[]
  readonly facts: DataFacts
  readonly memoryBytes: number
}

/** A stage with nothing left out. */
export function completeStage(stage: SizedStage, context: StageContext): Planned {
  const { stages, facts } = context
  const below = stages.at(-1)
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
    training: defaults.training,
    sampling,
  }
  if (!below) checkBase(stage)
  const planned: Planned = below ? { ...common, ...augmentedAs(stage, below, defaults, facts) } : common
  const said = { ...context.training, ...stage.training }
  return { ...planned, training: trainedBy(said, defaults.training, () => batchFor(planned, context)) }
}

/** How a stage is conditioned on the images of the one below. */
function augmentedAs(stage: SizedStage, below: Planned, defaults: StageDefaults, { channels }: DataFacts) {
  const augmentation = stage.augmentation ?? defaults.augmentation ?? augmentationFor(stage.resolution, below.process)
  const level = stage.augmentation ? undefined : defaults.level
  const lowShape = [...imageSize('stage', below.resolution), channels]
  const levels = stage.levels ?? levelsOf(augmentation, lowShape, level)
  return { augmentation, levels, ways: stage.ways }
}

/** @throws if something is said of a base that only stages above it have. */
function checkBase(stage: SizedStage): void {
  for (const option of ['augmentation', 'levels', 'ways'] as const)
    if (stage[option] !== undefined)
      throw new CascadeError(
        'input',
        `configuration: expected no stages[0].${option}, since the first stage has no images to super-resolve`,
      )
}

/** The share of the memory that a batch may fill. */
const share = 0.6

/** The batch of a stage: that of its budget, or the greatest power of two below that the images and the memory allow. */
function batchFor(planned: Planned, { stages: below, facts, memoryBytes }: StageContext): number {
  const stages = [...below, planned] as unknown as CascadePlan['stages']
  const stage = stagesOf({ stages }, { train: facts }).at(-1)!
  const fits = (batch: number) => (estimateMemory(stage, batch)?.training ?? 0) <= share * memoryBytes
  let batch = Math.min(planned.training.batchSize, powerOfTwo(facts.count))
  while (batch > 1 && !fits(batch)) batch /= 2
  return batch
}

/** The greatest power of two that is at most n. */
export const powerOfTwo = (n: number): number => 2 ** Math.floor(Math.log2(n))

/** How a stage is trained. The learning rate follows from the batch, by its square root, as suits Adam. */
function trainedBy(given: Partial<StageTraining>, training: StageTraining, batch: () => number): StageTraining {
  const batchSize = given.batchSize ?? batch()
  const learningRate = given.learningRate ?? scaled(training.learningRate, Math.sqrt(batchSize / training.batchSize))
  return { ...training, ...given, batchSize, learningRate }
}

/** A learning rate times a factor, to two digits. */
function scaled(rate: number | LearningRateConfig, factor: number): number | LearningRateConfig {
  const times = (x: number) => Number((x * factor).toPrecision(2))
  return typeof rate === 'number' ? times(rate) : { ...rate, rate: times(rate.rate) }
}

/**
 * How a stage is sampled: steps in one form replace those in another. Ancestral sampling takes all steps unless some are said, as in the
 * paper.
 */
function sampledBy(
  given: Partial<PlannedBase['sampling']>,
  { sampling, samplingSteps }: StageDefaults,
  process: PlannedBase['process'],
): PlannedBase['sampling'] {
  const { steps, spacing, ...others } = sampling ?? samplingOf(process, samplingSteps)
  const all = given.sampler?.name === 'ancestral'
  const said = all || given.steps !== undefined || given.spacing !== undefined || given.schedule !== undefined
  return said ? { ...others, ...given } : { ...others, steps, spacing, ...given }
}
