import {
  type Cascade,
  type CascadeSampler,
  cascadeSampler,
  type DiffusionCascadeStage,
  type TrainedStage,
} from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ExperimentOptions } from './options.ts'
import type { ExperimentPlan } from './plan/plan.ts'

/**
 * The stages of a plan as a cascade, which is sampled as planned.
 * @param levels of the super-resolution stages. Default: the first of each in the plan.
 */
export const cascadeOf = (
  stages: readonly TrainedStage[],
  plan: ExperimentPlan,
  levels: readonly number[] = plan.stages.slice(1).map((stage) => ('levels' in stage ? stage.levels[0]! : 0)),
): Cascade<DiffusionCascadeStage> => ({
  stages: stages.map((trained, i) => ({
    ...trained,
    sampling: plan.stages[i]!.sampling,
    level: i > 0 ? levels[i - 1] : undefined,
  })),
})

/**
 * Runs something on a cascade that is ready to sample, and frees what the engine holds.
 * @throws if the stages do not follow on one another, or cannot be sampled as planned; of code `interrupted` if the signal ended it.
 */
export async function withCascade<T>(
  cascade: Cascade,
  { compile, signal }: Pick<ExperimentOptions, 'compile' | 'signal'>,
  use: (sampler: CascadeSampler) => Promise<T>,
): Promise<T> {
  const sampler = cascadeSampler(cascade, { compile })
  try {
    return await use(sampler)
  } catch (cause) {
    if (signal?.aborted) throw new CascadeError('interrupted', 'sampling: stopped', { cause })
    throw cause
  } finally {
    await sampler.dispose()
  }
}
