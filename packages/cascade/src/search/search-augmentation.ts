import { searchTrials } from '@cascade-diffusion/schedules'
import { type Cascade, isDiffusionStage } from '../cascade/cascade.ts'
import {
  type AugmentationCandidate,
  candidatesAt,
  coarseCandidates,
  planAugmentation,
  type SearchAugmentationOptions,
  type StagePlan,
} from './augmentation-plan.ts'
import { augmentationReport, type StageAugmentationSearch } from './augmentation-report.ts'
import { type Evaluations, openEvaluations } from './evaluations.ts'
import { refinedLevels } from './level-grid.ts'
import { checkCascadeSearch } from './search-options.ts'
import { type SearchReport, writeReport } from './search-report.ts'

/** What {@link searchAugmentation} found. */
export interface SearchAugmentationResult<E = number> extends SearchReport {
  /** The cascade with the best level and way of each searched stage. */
  readonly cascade: Cascade
  /** In the order of the stages. */
  readonly searches: readonly StageAugmentationSearch<E>[]
}

/**
 * The search over conditioning augmentation after training (paper, Section 4.3): over s, truncated and non-truncated,
 * one stage after another from the lowest. All candidates of a stage are sampled with the same noise, and from the same
 * images of the stages below; the stages above are sampled as the cascade says. The least objective is best, and the
 * first of equals.
 *
 * With a `folder` it resumes after any interruption. Levels, stages, ways and rounds may be added: what was tried is
 * not sampled again. The folder holds `search.json`, the images below the searched stages in `samples`, and in the end
 * `augmentation.txt` and `augmentation.svg`, the table and the chart.
 * @throws before the first call of a network if an option or the cascade is invalid, a level is out of range, a way is
 * not possible, or the folder is of a search with other stages, weights, labels, noise or number of images, which the
 * error lists; and if an objective is not a number.
 */
export async function searchAugmentation<E = number>(
  cascade: Cascade,
  options: SearchAugmentationOptions<E>,
): Promise<SearchAugmentationResult<E>> {
  const where = 'searchAugmentation'
  checkCascadeSearch(where, cascade, options, { stages: true, levels: true, refine: true, ways: true })
  const plans = planAugmentation(where, cascade, options)
  const evaluations = await openEvaluations<E>(where, cascade, options)
  try {
    let chosen = cascade
    const searches: StageAugmentationSearch<E>[] = []
    for (const plan of plans) {
      const search = await searchStage(where, chosen, plan, evaluations, options)
      searches.push(search)
      chosen = withAugmentation(chosen, plan.index, search.best.candidate)
    }
    const report = augmentationReport(searches, options.measure)
    await writeReport(options.folder, 'augmentation', report)
    return { cascade: chosen, searches, ...report }
  } finally {
    await evaluations.dispose()
  }
}

async function searchStage<E>(
  where: string,
  cascade: Cascade,
  plan: StagePlan,
  evaluations: Evaluations<E>,
  options: SearchAugmentationOptions<E>,
): Promise<StageAugmentationSearch<E>> {
  const { index, stage, ways, refine } = plan
  const { objective, progress, signal } = options
  const coarse = coarseCandidates(where, cascade, plan)
  const { run, result } = searchTrials<AugmentationCandidate, E>(
    where,
    {
      evaluate: (candidate, how) =>
        evaluations.of(withAugmentation(cascade, index, candidate), index, (images) =>
          options.evaluate({ ...candidate, ...images }, how),
        ),
      objective,
      progress,
      signal,
    },
    coarse.length + 2 * refine * ways.length,
  )
  const attempt = async (candidate: AugmentationCandidate) => {
    await run(() => candidate)
    evaluations.retain(withAugmentation(cascade, index, result().best.candidate), index)
  }

  for (const candidate of coarse) await attempt(candidate)
  for (let round = 0, before = 0; round < refine && before < result().trials.length; round++) {
    // A round in which nothing is left to try is the last.
    before = result().trials.length
    for (const way of ways) {
      const tried = result().trials.filter(
        ({ candidate: { level, truncated } }) => level === 0 || truncated === (way === 'truncated'),
      )
      if (tried.length === 0) continue
      const best = tried.reduce((a, b) => (b.objective < a.objective ? b : a)).candidate.level
      const known = tried.map(({ candidate }) => candidate.level)
      for (const level of refinedLevels(stage.augmentation, known, best))
        for (const candidate of candidatesAt(where, cascade, plan, level, [way])) await attempt(candidate)
    }
  }
  return { stage: stage.name, ...result() }
}

/** The cascade with a stage augmented as in a trial. */
const withAugmentation = (
  { stages }: Cascade,
  index: number,
  { level, truncated }: Pick<AugmentationCandidate, 'level' | 'truncated'>,
): Cascade => ({
  stages: stages.map((stage, i) => (i === index && isDiffusionStage(stage) ? { ...stage, level, truncated } : stage)),
})
