import { type CascadeSampler, cascadeSampler, type TrainedStage } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import type { ExperimentOptions } from './options.ts'

/**
 * Runs something on the stages of a plan, joined for sampling, and frees what the engine holds.
 * @throws if the stages do not follow on one another, or cannot be sampled as planned; of code `interrupted` if the signal ended it.
 */
export async function withCascade<T>(
  stages: readonly TrainedStage[],
  { plan, compile, signal }: ExperimentOptions,
  use: (cascade: CascadeSampler) => Promise<T>,
): Promise<T> {
  const cascade = cascadeSampler(
    stages,
    plan.stages.map(({ sampling }) => ({ ...sampling, compile })),
  )
  try {
    return await use(cascade)
  } catch (cause) {
    if (signal?.aborted) throw new CascadeError('interrupted', 'sampling: stopped', { cause })
    throw cause
  } finally {
    await cascade.dispose()
  }
}
