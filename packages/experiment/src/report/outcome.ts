import type { Evaluation } from '../evaluate/evaluate.ts'
import type { ExperimentFigures } from '../evaluate/evaluator.ts'
import type { ExperimentPlan } from '../plan/plan.ts'

/** A finished experiment, as the report takes it. */
export interface Outcome {
  readonly plan: ExperimentPlan
  readonly seed: number
  readonly classNames: readonly string[]
  readonly evaluation: Omit<Evaluation, 'images' | 'labels'>
  /** The number of images that were evaluated. */
  readonly sampleCount: number
  /** The loss of each step, by the name of the model. */
  readonly losses: Readonly<Record<string, Float32Array>>
  readonly seconds: number
  readonly peakMemoryBytes: number
  /** PNG files by name. */
  readonly pictures: Readonly<Record<'samples' | 'process' | 'real', Uint8Array>>
}

/**
 * The content of `metrics.json`. `fid`, `classAccuracyByLevel` and `bestLevel` are those of the last stage's levels.
 */
export function metricsOf({ plan, seed, evaluation, sampleCount, seconds, peakMemoryBytes }: Outcome) {
  const { searches, ofTest, figures, levels } = evaluation
  const last = searches.at(-1)
  const byLevel = <T>(of: (figures: ExperimentFigures) => T): Record<string, T> =>
    Object.fromEntries((last?.trials ?? []).map(({ level, figures }) => [String(level), of(figures)]))
  const distances = ({ fid }: ExperimentFigures) => ({ train: fid.train.value, test: fid.test.value })
  const [, ...upper] = plan.stages
  return {
    dataset: plan.name,
    seed,
    classAccuracy: figures.classAccuracy.value,
    classifierTestAccuracy: ofTest.classAccuracy.value,
    fid: byLevel(distances),
    classAccuracyByLevel: byLevel(({ classAccuracy }) => classAccuracy.value),
    bestLevel: last?.best.level,
    levels: Object.fromEntries(upper.map(({ stage }, i) => [stage.name, levels[i]!])),
    fidOfSamples: distances(figures),
    fidOfRealTestImages: ofTest.fid.train.value,
    samples: sampleCount,
    seconds,
    peakMemoryBytes,
  }
}
