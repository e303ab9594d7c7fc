import { CascadeError, checkInteger, checkOptions, shown } from '@cascade-diffusion/checks'
import { isDiscrete } from '@cascade-diffusion/diffusion'
import { isDiscreteConfig } from '@cascade-diffusion/schedules'
import type { GuidanceConfig } from '../sampling/guidance/guidance-table.ts'
import type { StepsConfig } from '../sampling/stage/sampled-steps.ts'
import type { SamplingChoices } from '../sampling/stage/stage-sampler-options.ts'
import {
  type Cascade,
  type CascadeStage,
  checkCascade,
  type DiffusionCascadeStage,
  isDiffusionStage,
} from './cascade.ts'

/** How the diffusion models of a cascade are sampled instead. What is left out stays as it is. */
export interface SamplingChanges {
  /** The number of steps, over the same part of the process: of all models, or by the names of stages. */
  readonly steps?: number | Readonly<Record<string, number>>
  /** The sampler of all models. */
  readonly sampler?: SamplingChoices['sampler']
  /** The guidance of the class-conditional models. */
  readonly guidance?: GuidanceConfig
}

const where = 'withSampling'

/**
 * The same cascade, sampled in another way.
 * @throws if a name is not that of a diffusion model, or a choice is not valid.
 */
export function withSampling(cascade: Cascade, changes: SamplingChanges): Cascade {
  checkCascade(where, cascade)
  checkOptions(where, changes, { steps: true, sampler: true, guidance: true })
  const { steps, guidance } = changes
  const models = cascade.stages.filter(isDiffusionStage)
  const names = models.map(({ stage }) => stage.name)
  if (guidance !== undefined && !models.some(({ stage }) => stage.classNames))
    throw new CascadeError(
      'input',
      `${where}: expected no guidance of a cascade without classes, got ${shown(guidance)}`,
    )
  if (steps !== undefined && typeof steps !== 'number') {
    if (typeof steps !== 'object' || steps === null || Array.isArray(steps))
      throw new CascadeError('input', `${where}: expected steps, a number or one by stage, got ${shown(steps)}`)
    const known = Object.fromEntries(names.map((name) => [name, true] as const))
    checkOptions<Readonly<Record<string, number>>>(`${where}: steps`, steps, known)
  }
  const changed = {
    stages: cascade.stages.map((stage) => (isDiffusionStage(stage) ? withChoices(stage, changes) : stage)),
  }
  checkCascade(where, changed)
  return changed
}

function withChoices(given: DiffusionCascadeStage, { steps, sampler, guidance }: SamplingChanges): CascadeStage {
  const { stage, sampling } = given
  const count = typeof steps === 'object' ? steps[stage.name] : steps
  return {
    ...given,
    sampling: {
      ...sampling,
      sampler: sampler ?? sampling.sampler,
      steps: count === undefined ? sampling.steps : stepsOf(given, count),
      guidance: stage.classNames ? (guidance ?? sampling.guidance) : sampling.guidance,
    },
  }
}

/** As many steps, over the same part of the process. */
function stepsOf({ stage, sampling }: DiffusionCascadeStage, count: number): number | StepsConfig {
  checkInteger(`${where}: stage '${stage.name}'`, 'steps', count, { from: 1 })
  const { steps, schedule } = sampling
  if (typeof steps === 'object' && 'count' in steps) return { ...steps, count }
  if (typeof steps !== 'object' || isDiscreteChoice(schedule ?? stage.process.schedule)) return count
  return { count, from: steps[0], to: steps.at(-1) }
}

const isDiscreteChoice = (schedule: NonNullable<SamplingChoices['schedule']>): boolean =>
  'name' in schedule ? isDiscreteConfig(schedule) : isDiscrete(schedule)
