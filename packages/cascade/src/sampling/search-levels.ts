import type { NDArray } from '@cascade-diffusion/arrays'
import { CascadeError, checkFunction, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import { checkLevel } from '@cascade-diffusion/conditioning-augmentation'
import type { CascadeSampleOptions, CascadeSampler } from './cascade-sampler.ts'

/** Options of {@link searchLevels}. */
export interface SearchLevelsOptions<Score> extends Omit<CascadeSampleOptions, 'levels'> {
  /** The s to try, for the last stage. */
  readonly levels: readonly number[]
  /** The images of the stage below the last, which all s start from: sampled once. */
  readonly lowRes: NDArray<'float32'>
  /** Judges the images of one s. */
  readonly judge: (images: NDArray<'float32'>, level: number) => Promise<Score>
  /** What is to be least, e.g. the FID. */
  readonly objective: (score: Score) => number
}

const searchKeys: KnownKeys<SearchLevelsOptions<unknown>> = {
  count: true,
  labels: true,
  levels: true,
  rng: true,
  batchSize: true,
  progress: true,
  signal: true,
  lowRes: true,
  judge: true,
  objective: true,
}

/** The images of one level s, and what the judge said. */
export interface LevelResult<Score> {
  readonly level: number
  readonly images: NDArray<'float32'>
  readonly score: Score
}

/**
 * The search over s after training (paper, Section 4.3): samples the last stage at every level, from the same small
 * images and the same noise, and judges each.
 * @returns every level's result, and the best of them.
 * @throws if an option is unknown, no levels are given, the last stage does not know one, or an objective is not a number.
 */
export async function searchLevels<Score>(
  cascade: CascadeSampler,
  options: SearchLevelsOptions<Score>,
): Promise<{ results: LevelResult<Score>[]; best: LevelResult<Score> }> {
  checkOptions('searchLevels', options, searchKeys)
  const { levels, lowRes, judge, objective, ...sampling } = options
  const last = cascade.stages.length - 1
  const stage = cascade.stages[last]?.stage
  if (stage?.kind !== 'super-resolution')
    throw new CascadeError('input', `searchLevels: expected a super-resolution stage at the end, got '${stage?.name}'`)
  if (!Array.isArray(levels))
    throw new CascadeError('input', `searchLevels: expected levels, a list, got ${shown(levels)}`)
  if (levels.length === 0) throw new CascadeError('input', 'searchLevels: expected at least one level, got none')
  checkFunction('searchLevels', 'judge', judge)
  checkFunction('searchLevels', 'objective', objective)
  for (const level of levels) checkLevel(stage.augmentation, level)

  const below = Array.from({ length: last - 1 }, () => 0)
  const results: LevelResult<Score>[] = []
  let best: { result: LevelResult<Score>; value: number } | undefined
  for (const level of levels) {
    const images = await cascade.sampleStage(last, { ...sampling, levels: [...below, level] }, lowRes)
    const result = { level, images, score: await judge(images, level) }
    const value = objective(result.score)
    if (typeof value !== 'number' || Number.isNaN(value))
      throw new CascadeError(
        'input',
        `searchLevels: expected a number as the objective of level ${level}, got ${shown(value)}`,
      )
    if (!best || value < best.value) best = { result, value }
    results.push(result)
  }
  return { results, best: best!.result }
}
