import type { NDArray, Params } from '@cascade-diffusion/arrays'
import type { SamplerStage } from '../sampling/cascade-sampler-stage.ts'
import { described, describedWeights, type Json } from './described.ts'

/**
 * What a stage is, apart from what is chosen after training. Weights are a digest; another program's images are known by
 * their name.
 */
export function identityOf({ stage, params }: SamplerStage): Readonly<Record<string, Json>> {
  return described(
    stage.kind === 'base' || stage.kind === 'super-resolution'
      ? { ...stage.description, weights: describedWeights(params as Params<NDArray>) }
      : {
          kind: stage.kind,
          size: stage.size,
          imageChannels: stage.imageChannels,
          images: stage.kind === 'images' ? stage.images.name : undefined,
          method: stage.kind === 'resample' ? stage.method : undefined,
        },
  ) as Readonly<Record<string, Json>>
}

/** A stage's sampling. Of the weights of a classifier that guides it there is a digest. */
export function samplingAsJson({
  guidance,
  ...rest
}: NonNullable<SamplerStage['sampling']>): Readonly<Record<string, Json>> {
  if (guidance?.name !== 'classifier') return described({ ...rest, guidance }) as Readonly<Record<string, Json>>
  const { classifier, params } = guidance.classifier
  const weighted = { ...guidance, classifier: { config: classifier.config, weights: describedWeights(params) } }
  return described({ ...rest, guidance: weighted }) as Readonly<Record<string, Json>>
}
