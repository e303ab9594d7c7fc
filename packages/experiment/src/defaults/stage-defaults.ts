import type { StageSampling } from '@cascade-diffusion/cascade'
import {
  type AugmentationConfig,
  augmentationOf,
  type ConditioningAugmentation,
} from '@cascade-diffusion/conditioning-augmentation'
import { imageSize } from '@cascade-diffusion/data'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import type { Budget } from '../config/cascade-config.ts'
import { networkOf } from './networks.ts'
import { paperStage } from './paper-stage.ts'
import type { StageDefaults, StagePlace } from './stage-place.ts'
import type { Resolution } from './stage-sizes.ts'

/** How a budget trains: the batch is made smaller where memory is too small. */
const runs: Readonly<
  Record<Exclude<Budget, 'paper'>, { steps: number; batchSize: number; rate: number; decay: number; count: number }>
> = {
  tiny: { steps: 2000, batchSize: 16, rate: 2e-3, decay: 0.995, count: 25 },
  small: { steps: 10_000, batchSize: 32, rate: 1e-3, decay: 0.999, count: 50 },
  base: { steps: 200_000, batchSize: 128, rate: 2e-4, decay: 0.9999, count: 100 },
}

/** The defaults of a stage. Predictions of v leave backgrounds clean after short training, where those of ε leave them grey. */
export function stageDefaults(place: StagePlace): StageDefaults {
  const { budget, resolution, lowResolution } = place
  if (budget === 'paper') return paperStage(place)
  const { steps, batchSize, rate, decay, count } = runs[budget]
  return {
    process: { schedule: { name: 'cosine', steps: 1000 }, prediction: 'v' },
    network: networkOf(budget, resolution),
    training: {
      steps,
      batchSize: budget === 'base' || lowResolution === undefined ? batchSize : batchSize / 2,
      learningRate: budget === 'base' ? { name: 'constant', rate, warmup: 1000 } : { name: 'cosine', rate, warmup: 50 },
      averages: { ema: { decay } },
    },
    samplingSteps: count,
  }
}

/**
 * DDIM with η = 1, whose fresh noise corrects what short training leaves wrong in the first steps, from 98 % of the process: at its very
 * end x0 hardly follows from the noisy image.
 */
export function samplingOf({ schedule }: ProcessConfig, count: number): StageSampling {
  const steps = stepsOf(schedule)
  const from = 0.98 * (steps === undefined ? 1 : steps - 1)
  const evaluations = Math.min(count, steps ?? count)
  return { sampler: { name: 'ddim', eta: 1 }, steps: { count: evaluations, from, to: from / evaluations } }
}

/** The steps of a schedule; undefined in continuous time. */
const stepsOf = (schedule: ProcessConfig['schedule']): number | undefined =>
  'betas' in schedule ? schedule.betas.length : 'steps' in schedule ? schedule.steps : undefined

/** From 128 pixels on the paper blurs the small images; below it adds noise to them. */
export function augmentationFor(resolution: Resolution, below: ProcessConfig): AugmentationConfig {
  if (Math.min(...imageSize('augmentation', resolution)) >= 128) return { name: 'gaussian-blur' }
  const { schedule } = below
  const steps = stepsOf(schedule)
  const maxLevel = steps === undefined ? 0.4 : Math.round(0.4 * steps)
  return { name: 'gaussian-noise', schedule, maxLevel } as AugmentationConfig
}

/** The levels to try of an augmentation: some of the weaker ones, a good first guess, or the one given, first. */
export function levelsOf(
  augmentation: AugmentationConfig | ConditioningAugmentation,
  lowShape: readonly number[],
  first?: number,
): readonly number[] {
  const { name, minLevel = 0, maxLevel, continuous } = augmentationOf(augmentation, lowShape)
  if (maxLevel <= minLevel) return [minLevel]
  const shares = name === 'gaussian-noise' ? [0.125, 0, 0.25, 0.5] : [0, 0.5, 1]
  const levels = shares.map((share) => minLevel + share * (maxLevel - minLevel))
  return [...new Set([...(first === undefined ? [] : [first]), ...(continuous ? levels : levels.map(Math.round))])]
}
