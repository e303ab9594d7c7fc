import type { AugmentationWay } from '@cascade-diffusion/cascade'
import type { Evaluation } from '../evaluate/evaluate.ts'
import type { ExperimentFigures } from '../evaluate/evaluator.ts'
import type { ChosenLevel, LevelFigures } from '../evaluate/search-stages.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'

/** What was found of the samples of a run, and what it took. */
export interface Outcome {
  readonly plan: CascadePlan
  readonly evaluation: Evaluation
  readonly seconds: number
  readonly peakMemoryBytes: number
}

/**
 * The content of `metrics.json`. `fid`, `classAccuracyByLevel` and `bestLevel` are those of the last stage's levels,
 * non-truncated; `truncated` has the same of truncated sampling, if it was tried. `levels` and `ways` are chosen of both;
 * `classAccuracy` and `fidOfSamples` are of the images sampled so. `evaluation` has everything.
 */
export function metricsOf({ plan, evaluation, seconds, peakMemoryBytes }: Outcome) {
  const { searches, ofTest, figures, levels, samples } = evaluation
  const trials = searches.at(-1)?.trials ?? []
  const truncated = trialsOf(trials, 'truncated')
  const [, ...upper] = plan.stages
  const ofStages = <T>(of: (chosen: ChosenLevel) => T): Record<string, T> =>
    Object.fromEntries(upper.map(({ name }, i) => [name, of(levels[i]!)]))
  return {
    dataset: plan.name,
    seed: plan.seed,
    classAccuracy: figures.classAccuracy?.value,
    classifierTestAccuracy: evaluation.accuracy,
    ...figuresByLevel(trialsOf(trials, 'non-truncated')),
    truncated: truncated.some((trial) => trial.truncated) ? figuresByLevel(truncated) : undefined,
    levels: ofStages(({ level }) => level),
    ways: ofStages(({ truncated }) => (truncated ? 'truncated' : 'non-truncated')),
    fidOfSamples: distances(figures),
    fidOfRealTestImages: ofTest.fid.train.value,
    samples,
    seconds,
    peakMemoryBytes,
    evaluation,
  }
}

/** The trials of one way, by level. At level 0 both are equal. */
export const trialsOf = (trials: readonly LevelFigures[], way: AugmentationWay): readonly LevelFigures[] =>
  trials
    .filter(({ level, truncated }) => level === 0 || truncated === (way === 'truncated'))
    .toSorted((a, b) => a.level - b.level)

const distances = ({ fid }: ExperimentFigures) => ({ train: fid.train.value, test: fid.test.value })

function figuresByLevel(trials: readonly LevelFigures[]) {
  const byLevel = <T>(of: (figures: ExperimentFigures) => T): Record<string, T> =>
    Object.fromEntries(trials.map(({ level, figures }) => [String(level), of(figures)]))
  const least = Math.min(...trials.map(({ figures }) => figures.fid.train.value))
  return {
    fid: byLevel(distances),
    ...(trials.some(({ figures }) => figures.classAccuracy) && {
      classAccuracyByLevel: byLevel(({ classAccuracy }) => classAccuracy?.value),
    }),
    bestLevel: trials.find(({ figures }) => figures.fid.train.value === least)?.level,
  }
}
