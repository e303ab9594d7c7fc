import type { CascadeStage } from '../cascade/cascade.ts'
import { described, describedKey, type Json } from '../cascade/described.ts'
import { identityOf, samplingOf } from '../cascade/stage-identity.ts'
import type { CascadeRun } from '../sampling/cascade/run.ts'
import type { CheckedOptions } from './options.ts'

/**
 * What the images depend on, besides their labels, and where they are: two runs that write to one place share it. A JSON
 * value.
 */
export type SampleSettings = { readonly [name: string]: Json }

/** The settings of a run. @param digits of the places in names of files. */
export function settingsOf(
  stages: readonly CascadeStage[],
  run: CascadeRun,
  { stages: written, firstIndex, rng, images, names }: CheckedOptions,
  digits: number | undefined,
): SampleSettings {
  return described({
    stages: written,
    firstIndex,
    digits,
    rng: describedKey(rng),
    images: images?.name,
    names,
    cascade: run.stages.map(({ index, ...how }) => {
      const given = stages[index] as CascadeStage
      const { name, classNames } = given.stage
      return { name, classNames, ...identityOf(given), sampling: samplingOf(given), ...how }
    }),
  }) as SampleSettings
}
