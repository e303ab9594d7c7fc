import type { NDArray } from '@cascade-diffusion/arrays'
import type { NoiseLevel } from '@cascade-diffusion/diffusion'
import type { Cascade } from '../cascade/cascade.ts'
import { cascadeRun } from '../sampling/cascade/run.ts'
import { type ImagesKey, keptImages } from './kept-images.ts'
import type { CandidateImages, CascadeSearchOptions, SearchedSamples } from './search-options.ts'
import { openSearchRecord } from './search-record.ts'
import { choicesOf, searchSettings } from './search-settings.ts'
import { labelsOfSearch, stageImages } from './stage-images.ts'

/** Evaluates a cascade with other choices for its stages, from the same noise. */
export interface Evaluations<E> {
  /**
   * The evaluation of a cascade: from the record, or else of images that are sampled now.
   * @param searched the stage that the candidates differ in: the images below it are kept.
   */
  of(cascade: Cascade, searched: number, evaluate: (images: CandidateImages) => E | Promise<E>): Promise<E>
  /**
   * Says which cascade is the best so far. Of all images, its own stay in memory, and those that other candidates start
   * from.
   */
  retain(best: Cascade, searched: number): void
  /** Frees what the engine holds. */
  dispose(): Promise<void>
}

/**
 * What all searches over a cascade share: the images below the searched stage are sampled once, and finished trials and
 * these images are in the folder, if there is one.
 * @throws if the labels do not fit the cascade, or the folder is that of another search.
 */
export async function openEvaluations<E>(
  where: string,
  cascade: Cascade,
  options: SearchedSamples & Pick<CascadeSearchOptions<unknown, E>, 'objective'>,
): Promise<Evaluations<E>> {
  const { count, rng, folder } = options
  const labels = await labelsOfSearch(where, cascade, options)
  const settings = searchSettings(cascade, { count, labels, rng })
  const record = await openSearchRecord(where, folder, settings)
  const kept = keptImages(folder)
  const sampler = stageImages(options, labels)

  const runOf = ({ stages }: Cascade) => cascadeRun(stages, { count, labels: options.labels, rng }).stages
  const keyAt = (cascade: Cascade, i: number, stop: NoiseLevel | undefined): ImagesKey => ({
    stage: cascade.stages[i]!.stage.name,
    of: { settings, choices: choicesOf(cascade, i), stop },
  })
  const keyOf = (cascade: Cascade, i: number) => keyAt(cascade, i, runOf(cascade)[i]?.stop)
  const imagesOf = (cascade: Cascade, i: number, searched: number): Promise<NDArray<'float32'>> =>
    kept.get(keyOf(cascade, i), i < searched, async () => {
      const lowRes = i > 0 ? await imagesOf(cascade, i - 1, searched) : undefined
      return sampler.sample(cascade.stages[i]!, runOf(cascade)[i]!, lowRes)
    })

  return {
    async of(cascade, searched, evaluate) {
      const choices = choicesOf(cascade)
      if (record.has(choices)) return record.get(choices) as E
      const all: Record<string, NDArray<'float32'>> = {}
      for (const [i, { stage }] of cascade.stages.entries()) all[stage.name] = await imagesOf(cascade, i, searched)
      const images = all[cascade.stages.at(-1)!.stage.name] as NDArray<'float32'>
      const evaluation = await evaluate({ images, labels, imagesOf: all })
      // What is no number ends the search. It is not recorded, so that a mended evaluator can resume.
      const value: unknown = options.objective ? options.objective(evaluation) : evaluation
      if (typeof value === 'number' && !Number.isNaN(value)) await record.add(choices, evaluation)
      return evaluation
    },
    retain(best, searched) {
      const finished = best.stages.slice(0, searched).map((_, i) => keyAt(best, i, undefined))
      kept.retain([...best.stages.map((_, i) => keyOf(best, i)), ...finished])
    },
    dispose: sampler.dispose,
  }
}
