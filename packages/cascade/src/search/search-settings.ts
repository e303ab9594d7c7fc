import { createHash } from 'node:crypto'
import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { defaultLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { Rng } from '@cascade-diffusion/random'
import { type Cascade, type CascadeStage, isDiffusionStage } from '../cascade/cascade.ts'
import type { StageSampling } from '../cascade/stage-sampling.ts'

/** What the images of all candidates have in common, as JSON: the stages with their weights, the classes, the noise. */
export interface SearchSettings {
  readonly count: number
  /** The digest of the labels; null without labels. */
  readonly labels: string | null
  /** Numbers drawn from the key. */
  readonly rng: readonly number[]
  readonly stages: Readonly<Record<string, unknown>>
}

/** The settings of a search over a cascade. */
export const searchSettings = (
  { stages }: Cascade,
  { count, labels, rng }: { readonly count: number; readonly labels: NDArray<'int32'> | undefined; readonly rng: Rng },
): SearchSettings => ({
  count,
  labels: labels ? digest(labels.data) : null,
  rng: [...rng.fold('search').integers([4], 0, 2 ** 31).data],
  stages: Object.fromEntries(stages.map((stage) => [stage.stage.name, identityOf(stage)])),
})

/** What a stage is, apart from what is chosen after training. Of another program's images it is known by its name. */
function identityOf(given: CascadeStage): Readonly<Record<string, unknown>> {
  if (isDiffusionStage(given)) return { ...given.stage.description, weights: paramsDigest(given.params) }
  const { kind, size, imageChannels } = given.stage
  return given.stage.kind === 'images'
    ? { kind, size, imageChannels, images: given.stage.images.name }
    : { kind, size, imageChannels, method: given.stage.method }
}

/** What is chosen after training for each of the stages up to `last`, as JSON. */
export const choicesOf = ({ stages }: Cascade, last = stages.length - 1): readonly unknown[] =>
  stages.slice(0, last + 1).map((given) => {
    const { stage, sampling } = given
    if (stage.kind !== 'super-resolution') return { stage: stage.name, sampling: sampling && samplingAsJson(sampling) }
    const { level = defaultLevel(stage.augmentation), truncated = false } = given
    return {
      stage: stage.name,
      sampling: sampling && samplingAsJson(sampling),
      level,
      truncated: truncated && level > 0,
    }
  })

/** A stage's sampling. The classifier that guides it, the only part that is no JSON, is a digest. */
export function samplingAsJson({ guidance, ...rest }: StageSampling): Readonly<Record<string, unknown>> {
  if (guidance?.name !== 'classifier') return { ...rest, guidance }
  const { classifier, params } = guidance.classifier
  return {
    ...rest,
    guidance: { ...guidance, classifier: { config: classifier.config, weights: paramsDigest(params) } },
  }
}

const digests = new WeakMap<object, string>()

/** Of weights, each of which is read once. */
function paramsDigest(params: Params<NDArray>): string {
  const known = digests.get(params)
  if (known !== undefined) return known
  const hash = createHash('sha256')
  for (const name of Object.keys(params).sort()) {
    const { dtype, shape, data } = params[name] as NDArray
    hash.update(`${name} ${dtype} [${shape}]`).update(bytesOf(data))
  }
  const made = short(hash.digest('hex'))
  digests.set(params, made)
  return made
}

const digest = (data: ArrayBufferView): string => short(createHash('sha256').update(bytesOf(data)).digest('hex'))
const short = (hex: string): string => `sha256 ${hex.slice(0, 16)}`
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength)
