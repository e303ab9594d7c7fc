import type { CascadeRun } from '../sampling/cascade-sampler-run.ts'
import type { SamplerStage } from '../sampling/cascade-sampler-stage.ts'
import { described, describedKey, describedWeights, type Json } from './described.ts'
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
    images: images && describedImages(images),
    cascade: run.stages.map(({ index, ...how }) => ({ ...describedStage(stages[index] as SamplerStage), ...how })),
  }) as SampleSettings
}

function describedStage({ stage, params, sampling }: SamplerStage): object {
  const { name, kind, imageChannels, classNames } = stage
  return {
    name,
    kind,
    imageChannels,
    classNames,
    description: 'description' in stage ? stage.description : undefined,
    method: 'method' in stage ? stage.method : undefined,
    images: 'images' in stage ? describedImages(stage.images) : undefined,
    sampling,
    weights: params && describedWeights(params),
  }
}

/** Images from elsewhere are known by their name. */
const describedImages = (images: { readonly name: string }): string => images.name
