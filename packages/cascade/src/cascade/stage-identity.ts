import { createHash } from 'node:crypto'
import type { NDArray, Params } from '@cascade-diffusion/arrays'
import type { TrainedClassifier } from '../classifier/load-classifier.ts'
import type { SamplerStage } from '../sampling/cascade-sampler-stage.ts'

/**
 * What a stage is, as JSON, apart from what is chosen after training. Weights are a digest; another program's images are
 * known by their name.
 */
export function identityOf({ stage, params }: SamplerStage): Readonly<Record<string, unknown>> {
  if (stage.kind === 'base' || stage.kind === 'super-resolution')
    return { ...stage.description, weights: paramsDigest(params as Params<NDArray>) }
  const { kind, size, imageChannels } = stage
  return stage.kind === 'images'
    ? { kind, size, imageChannels, images: stage.images.name }
    : { kind, size, imageChannels, method: stage.method }
}

/** A stage's sampling. The classifier that guides it, the only part of a configuration that is no JSON, is a digest. */
export function samplingAsJson({
  guidance,
  ...rest
}: NonNullable<SamplerStage['sampling']>): Readonly<Record<string, unknown>> {
  if (guidance?.name !== 'classifier') return { ...rest, guidance }
  const { classifier, params }: TrainedClassifier = guidance.classifier
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

/** Of an array. */
export const digest = (data: ArrayBufferView): string => short(createHash('sha256').update(bytesOf(data)).digest('hex'))
const short = (hex: string): string => `sha256 ${hex.slice(0, 16)}`
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength)
