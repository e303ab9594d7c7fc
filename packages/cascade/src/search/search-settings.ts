import type { NDArray } from '@cascade-diffusion/arrays'
import { defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { Rng } from '@cascade-diffusion/random'
import type { Cascade } from '../cascade/cascade.ts'
import { described, describedKey, type Json } from '../cascade/described.ts'
import { identityOf, samplingOf } from '../cascade/stage-identity.ts'

/** What the images of all candidates have in common, as JSON: the stages with their weights, the classes, the noise. */
export interface SearchSettings {
  readonly count: number
  /** The digest of the labels; null without labels. */
  readonly labels: Json
  readonly rng: Json
  readonly stages: Readonly<Record<string, Json>>
}

/** The settings of a search over a cascade. */
export const searchSettings = (
  { stages }: Cascade,
  { count, labels, rng }: { readonly count: number; readonly labels: NDArray<'int32'> | undefined; readonly rng: Rng },
): SearchSettings => ({
  count,
  labels: labels ? described(labels.data) : null,
  rng: describedKey(rng),
  stages: Object.fromEntries(stages.map((stage) => [stage.stage.name, identityOf(stage)])),
})

/** What is chosen after training for each of the stages up to `last`, as JSON. */
export const choicesOf = ({ stages }: Cascade, last = stages.length - 1): readonly unknown[] =>
  stages.slice(0, last + 1).map((given) => {
    const { stage } = given
    const sampling = samplingOf(given)
    if (stage.kind !== 'super-resolution') return { stage: stage.name, sampling }
    const { level = defaultLevel(stage.augmentation), truncated = false } = given
    return { stage: stage.name, sampling, level, truncated: truncated && level > 0 }
  })
