import type { NDArray } from '@cascade-diffusion/arrays'
import { defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { Rng } from '@cascade-diffusion/random'
import { type Cascade, type CascadeStage, isDiffusionStage } from '../cascade/cascade.ts'
import type { StageSampling } from '../cascade/stage-sampling.ts'
import { described, describedKey, describedWeights, type Json } from '../samples/described.ts'

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
  stages: Object.fromEntries(stages.map((stage) => [stage.stage.name, described(identityOf(stage))])),
})

/** What a stage is, apart from what is chosen after training. Another program's images are known by their name. */
function identityOf(given: CascadeStage): object {
  if (isDiffusionStage(given)) return { ...given.stage.description, weights: describedWeights(given.params) }
  const { kind, size, imageChannels } = given.stage
  return given.stage.kind === 'images'
    ? { kind, size, imageChannels, images: given.stage.images.name }
    : { kind, size, imageChannels, method: given.stage.method }
}

/** What is chosen after training for each of the stages up to `last`, as JSON. */
export const choicesOf = ({ stages }: Cascade, last = stages.length - 1): readonly unknown[] =>
  stages.slice(0, last + 1).map((given) => {
    const { stage } = given
    const sampling = given.sampling && samplingAsJson(given.sampling)
    if (stage.kind !== 'super-resolution') return { stage: stage.name, sampling }
    const { level = defaultLevel(stage.augmentation), truncated = false } = given
    return { stage: stage.name, sampling, level, truncated: truncated && level > 0 }
  })

/** Samplings that were described: a classifier that guides one has many weights. */
const known = new WeakMap<StageSampling, Readonly<Record<string, Json>>>()

/** A stage's sampling. Of the classifier that guides it there are digests. */
export function samplingAsJson(sampling: StageSampling): Readonly<Record<string, Json>> {
  const found = known.get(sampling) ?? (described(sampling) as Readonly<Record<string, Json>>)
  known.set(sampling, found)
  return found
}
