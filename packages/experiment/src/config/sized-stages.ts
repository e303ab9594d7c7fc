import { CascadeError } from '@cascade-diffusion/checks'
import type { CascadeConfig, StageConfig } from './cascade-config.ts'

type Stages = NonNullable<CascadeConfig['stages']>
type Resolution = NonNullable<StageConfig['resolution']>

/** A stage whose resolution is known. */
export type SizedStage = StageConfig & { readonly resolution: Resolution }

/** A stage as a record, however it is written. */
export const stageOf = (stage: Stages[number]): StageConfig =>
  typeof stage === 'object' && stage !== null && !Array.isArray(stage)
    ? (stage as StageConfig)
    : { resolution: stage as Resolution }

/**
 * The stages of a configuration, each with its resolution. Where it gives none at all, they are those that follow from
 * the data, by their place.
 * @throws if some have a resolution and others do not, or there are more than follow from the data.
 */
export function sizedStages(given: Stages | undefined, fromData: readonly Resolution[]): readonly SizedStage[] {
  const stages = (given ?? []).map(stageOf)
  const isGiven = stages.some(({ resolution }) => resolution !== undefined)
  const resolutions = isGiven ? stages.map(({ resolution }) => resolution) : fromData
  return Array.from({ length: Math.max(stages.length, resolutions.length) }, (_, i) => {
    const resolution = resolutions[i]
    if (resolution !== undefined) return { ...stages[i], resolution }
    const why = isGiven ? ', as other stages have one' : `, since the images give ${fromData.length} stages`
    throw new CascadeError('input', `configuration: expected stages[${i}].resolution${why}, got undefined`)
  })
}
