import { checkRoute, type Sampler } from '@cascade-diffusion/diffusion'
import { described, describedKey, type Json } from '../cascade/described.ts'
import { identityOf, samplingAsJson } from '../cascade/stage-identity.ts'
import type { CascadeRun } from '../sampling/cascade-sampler-run.ts'
import type { SamplerStage } from '../sampling/cascade-sampler-stage.ts'
import { stageRoute } from '../sampling/sampling-process.ts'
import type { CheckedOptions } from './options.ts'

/**
 * What the images depend on, besides their labels, and where they are: two runs that write to one place share it. A JSON
 * value.
 */
export type SampleSettings = { readonly [name: string]: Json }

/** The settings of a run. @param digits of the places in names of files. */
export function settingsOf(
  stages: readonly SamplerStage[],
  run: CascadeRun,
  { stages: written, firstIndex, rng, images }: CheckedOptions,
  digits: number | undefined,
): SampleSettings {
  return described({
    stages: written,
    firstIndex,
    digits,
    rng: describedKey(rng),
    images: images?.name,
    cascade: run.stages.map(({ index, ...how }) => {
      const given = stages[index] as SamplerStage
      const { name, classNames } = given.stage
      const sampling = given.sampling && samplingAsJson(given.sampling)
      return { name, classNames, ...identityOf(given), sampling, plan: plannedNumbers(given), ...how }
    }),
  }) as SampleSettings
}

/** What a sampler that is a value computes with: its code and its options are no JSON. */
function plannedNumbers({ stage, sampling }: SamplerStage): Float64Array | undefined {
  if (!(sampling && 'plan' in sampling.sampler && 'process' in stage)) return undefined
  const { process, sampler, steps } = stageRoute(stage, sampling)
  const numbers: number[] = []
  const plan: Sampler['plan'] = (transition) => {
    const evaluations = sampler.plan(transition)
    numbers.push(...evaluations.flatMap(({ c }) => Object.values(c)))
    return evaluations
  }
  checkRoute(process, { ...sampler, plan }, { steps, restarts: sampling.restarts })
  return Float64Array.from(numbers)
}
