import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkInteger, shown } from '@cascade-diffusion/checks'
import { checkLevel } from '@cascade-diffusion/conditioning-augmentation'
import { checkSearch, type SearchOptions, type SearchResult, searchTrials } from '@cascade-diffusion/schedules'
import type { CascadeSampler } from './cascade-sampler.ts'
import type { CascadeSampleOptions } from './cascade-sampler-options.ts'

/** A level s to try, with the images that are sampled at it, float32 [N,H,W,C] in [-1, 1]. */
export interface LevelCandidate {
  readonly level: number
  readonly images: NDArray<'float32'>
}

/** Options of {@link searchLevels}. */
export interface SearchLevelsOptions<E = number> extends SearchOptions<LevelCandidate, E> {
  /** The s to try. */
  readonly levels: readonly number[]
  /** The index of the stage to search, counted from 0, the base. Default: the last. */
  readonly stage?: number
  /** The images of the stage below, sampled once: every s starts from them. */
  readonly lowRes: NDArray<'float32'>
  /** The options of sampling at each s, with the same noise. */
  readonly sampling: Omit<CascadeSampleOptions, 'levels' | 'signal' | 'lowRes' | 'from' | 'to'>
}

/**
 * The search over s after training (paper, Section 4.3): it samples a stage at every level, from the same small images
 * and with the same noise, and evaluates the images of each.
 * @throws before the first call of a network, if an option is unknown or missing, no levels are given, or a level is
 * out of the stage's range; if an objective is not a number; and as {@link CascadeSampler.sample}.
 */
export async function searchLevels<E = number>(
  cascade: CascadeSampler,
  options: SearchLevelsOptions<E>,
): Promise<SearchResult<LevelCandidate, E>> {
  const where = 'searchLevels'
  checkSearch(where, options, { levels: true, stage: true, lowRes: true, sampling: true })
  const { levels, lowRes, sampling, signal } = options
  if (!Array.isArray(cascade?.stages) || typeof cascade.sample !== 'function')
    throw new CascadeError('input', `${where}: expected a sampler, as cascadeSampler makes it, got ${shown(cascade)}`)
  const last = cascade.stages.length - 1
  const index = checkInteger(where, 'a stage', options.stage ?? last, { from: 0, to: last })
  const stage = cascade.stages[index]!.stage
  if (stage.kind !== 'super-resolution')
    throw new CascadeError('input', `${where}: expected a super-resolution stage, got '${stage.name}'`)
  if (!Array.isArray(levels)) throw new CascadeError('input', `${where}: expected levels, a list, got ${shown(levels)}`)
  if (levels.length === 0) throw new CascadeError('input', `${where}: expected at least one level, got none`)
  for (const level of levels) checkLevel(stage.augmentation, level, `${where}: stage '${stage.name}'`)
  if (typeof sampling !== 'object' || sampling === null)
    throw new CascadeError('input', `${where}: expected sampling, { count, labels, rng }, got ${shown(sampling)}`)
  if ('levels' in sampling || 'signal' in sampling)
    throw new CascadeError('input', `${where}: expected levels and a signal beside sampling, got one inside`)

  const { run, result } = searchTrials(where, options, levels.length)
  for (const level of levels)
    await run(async () => {
      const alone = { from: stage.name, lowRes, to: stage.name }
      const [images] = await cascade.sample({ ...sampling, ...alone, levels: { [stage.name]: level }, signal })
      return { level, images: images! }
    })
  return result()
}
