import {
  type Cascade,
  type CascadeSampler,
  cascadeSampler,
  type DiffusionCascadeStage,
  type StageLevel,
  type TrainedStage,
} from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import type { CascadePlan } from './plan/cascade-plan.ts'
import type { RunContext } from './run-context.ts'

/**
 * The stages of a plan as a cascade, which is sampled as planned.
 * @param levels of the super-resolution stages. Default: the first of each in the plan; truncated if that is the only
 * way.
 */
export function cascadeOf(
  stages: readonly TrainedStage[],
  { stages: [base, ...upper] }: CascadePlan,
  levels: readonly StageLevel[] = upper.map(({ levels: [level = 0], ways }) => ({
    level,
    truncated: ways === 'truncated' && level > 0,
  })),
): Cascade<DiffusionCascadeStage> {
  const chosen = levels.map((level) => (typeof level === 'number' ? { level, truncated: false } : level))
  return {
    stages: stages.map((trained, i) =>
      i === 0
        ? { ...trained, sampling: base.sampling }
        : { ...trained, sampling: upper[i - 1]!.sampling, ...chosen[i - 1] },
    ),
  }
}

/**
 * Runs something on a cascade that is ready to sample, and frees what the engine holds.
 * @throws if the stages do not follow on one another, or cannot be sampled as planned; of code `interrupted` if the signal ended it.
 */
export async function withCascade<T>(
  cascade: Cascade,
  { compile, signal }: Pick<RunContext, 'compile' | 'signal'>,
  use: (sampler: CascadeSampler) => Promise<T>,
): Promise<T> {
  const sampler = cascadeSampler(cascade, { compile })
  try {
    return await use(sampler)
  } catch (cause) {
    if (signal?.aborted) throw samplingStopped(cause)
    throw cause
  } finally {
    await sampler.dispose()
  }
}

/** The error of sampling that a signal ended. */
export const samplingStopped = (cause: unknown): CascadeError =>
  new CascadeError('interrupted', 'sampling: stopped', { cause })
