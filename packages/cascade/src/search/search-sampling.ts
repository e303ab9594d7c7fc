import { CascadeError, checkOneOf } from '@cascade-diffusion/checks'
import { fitSchedule, type SearchResult, searchTrials } from '@cascade-diffusion/schedules'
import { type Cascade, isDiffusionStage } from '../cascade/cascade.ts'
import { cascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import type { SamplingChoices } from '../sampling/stage/stage-sampler-options.ts'
import { openEvaluations } from './evaluations.ts'
import { completedSampling, isFitted, listedSamplings, type SamplingCandidates } from './sampling-candidates.ts'
import { type SamplingCandidate, samplingReport } from './sampling-report.ts'
import { type CascadeSearchOptions, checkCascadeSearch } from './search-options.ts'
import { type SearchReport, writeReport } from './search-report.ts'

/** Options of {@link searchSampling}. */
export interface SearchSamplingOptions<E = number> extends CascadeSearchOptions<SamplingCandidate, E> {
  /** The name of the stage to search. Default: the last. */
  readonly stage?: string
  /**
   * What to try in place of options of the stage's `sampling`: a list, `[{ steps: 8 }, { steps: 4, sampler }]`; a grid,
   * `{ steps: [4, 8, 16] }`; or `{ ranges, sampling }`, options that depend on a few numbers, which are fitted.
   */
  readonly candidates: SamplingCandidates
}

/** What {@link searchSampling} found. */
export interface SearchSamplingResult<E = number> extends SearchResult<SamplingCandidate, E>, SearchReport {
  /** The cascade, with the stage sampled as the best candidate. */
  readonly cascade: Cascade
}

/**
 * The search over how a stage is sampled, after training: the number of steps and the schedule (paper, Sections 2.1 and
 * 4.4), the sampler, guidance. All candidates are sampled with the same noise, from the same images of the stages below;
 * the stages above are sampled as the cascade says. The least objective is best, and the first of equals. Another
 * schedule than that of training needs a network that is conditioned on the noise level.
 *
 * With a `folder` it resumes after any interruption, as `searchAugmentation`, whose folder it may share. The table and
 * the chart are `sampling-STAGE.txt` and `sampling-STAGE.svg` there.
 * @throws before the first call of a network if an option or the cascade is invalid, a candidate of a list or a grid
 * does not fit the stage, or the folder is of a search with other stages, weights, labels, noise or number of images,
 * which the error lists; and if an objective is not a number.
 */
export async function searchSampling<E = number>(
  cascade: Cascade,
  options: SearchSamplingOptions<E>,
): Promise<SearchSamplingResult<E>> {
  const where = 'searchSampling'
  checkCascadeSearch(where, cascade, options, { stage: true, candidates: true })
  const { candidates, compile, measure, folder, objective, progress, signal } = options
  const models = cascade.stages.filter(isDiffusionStage)
  const names = models.map(({ stage }) => stage.name)
  if (names.length === 0) throw new CascadeError('input', `${where}: expected a diffusion model to search, got none`)
  const name = checkOneOf(where, 'a diffusion model', options.stage ?? names.at(-1)!, names)
  const searched = models[names.indexOf(name)]!
  const index = cascade.stages.indexOf(searched)
  const { stage, sampling: present } = searched
  const sampledAs = (sampling: SamplingChoices): Cascade => ({
    stages: cascade.stages.with(index, { ...searched, sampling }),
  })
  const listed = listedSamplings(where, candidates, present)
  for (const sampling of listed ?? []) await cascadeSampler(sampledAs(sampling), { compile }).dispose()

  const evaluations = await openEvaluations<E>(where, cascade, options)
  try {
    const { trials = 50, tolerance } = isFitted(candidates) ? candidates : {}
    const { run, result } = searchTrials<SamplingCandidate, E>(
      where,
      {
        evaluate: (candidate, how) =>
          evaluations.of(sampledAs(candidate.sampling), index, (images) =>
            options.evaluate({ ...candidate, ...images }, how),
          ),
        objective,
        progress,
        signal,
      },
      listed?.length ?? trials,
    )
    const attempt = async (sampling: SamplingChoices) => {
      const value = await run(() => ({ stage: stage.name, sampling }))
      evaluations.retain(sampledAs(result().best.candidate.sampling), index)
      return value
    }
    for (const sampling of listed ?? []) await attempt(sampling)
    if (isFitted(candidates))
      await fitSchedule({
        ranges: candidates.ranges,
        trials,
        tolerance,
        schedule: (parameters) => completedSampling(`${where}: candidates`, candidates.sampling(parameters), present),
        evaluate: ({ schedule }) => attempt(schedule),
      })
    const found = result()
    const report = samplingReport(stage, found, measure)
    await writeReport(folder, `sampling-${stage.name}`, report)
    return { cascade: sampledAs(found.best.candidate.sampling), ...found, ...report }
  } finally {
    await evaluations.dispose()
  }
}
