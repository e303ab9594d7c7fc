import { described, describedKey, type Json } from '../cascade/described.ts'
import { identityOf, samplingAsJson } from '../cascade/stage-identity.ts'
import type { CascadeRun } from '../sampling/cascade-sampler-run.ts'
import type { SamplerStage } from '../sampling/cascade-sampler-stage.ts'
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
      return { name, classNames, ...identityOf(given), sampling, ...how }
    }),
  }) as SampleSettings
}
