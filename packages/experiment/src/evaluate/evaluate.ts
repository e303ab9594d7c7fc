import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { dataAt } from '../data/data.ts'
import { lastSize } from '../plan/cascade-plan.ts'
import { runFiles } from '../run/run-files.ts'
import type { TrainedRun } from '../run-context.ts'
import { classLabels, isConditional, type Samples, sampleImages } from '../sample.ts'
import { samplingStopped } from '../with-cascade.ts'
import { type ExperimentEvaluator, type ExperimentFigures, evaluatorOf } from './evaluator.ts'
import { type ChosenLevel, type FoundLevels, searchStages } from './search-stages.ts'

/** What was found of the samples of a run. */
export interface Evaluation extends Omit<FoundLevels, keyof Samples> {
  /** The figures of real test images: the FID that perfect samples would have. */
  readonly ofTest: ExperimentFigures
  /** How often the evaluator tells the class, or the turn, of real test images. */
  readonly accuracy: number
  /** The number of images that were evaluated. */
  readonly samples: number
}

/** What was found of samples, and the samples. */
export interface EvaluatedSamples extends Samples {
  readonly evaluation: Evaluation
}

/**
 * Chooses the levels s of conditioning augmentation, truncated or not, one stage after the other, and evaluates the
 * images (paper, Section 4.3). All levels of a stage are tried with the same noise and the same images of the stages
 * below; the stages above it are sampled at their first level, non-truncated. A search that was interrupted resumes: what
 * was tried is in the folder of the run.
 * @param params the weights of the evaluator.
 * @returns the figures, and the images at the levels chosen.
 * @throws of code `interrupted` if the signal ended it.
 */
export const searchLevels = (
  run: TrainedRun & { readonly out: string },
  params: Params<NDArray>,
): Promise<EvaluatedSamples> =>
  withEvaluator(run, params, (evaluator) => searchStages(run, evaluator, runFiles(run.out).search))

/**
 * Evaluates samples at given levels.
 * @param params the weights of the evaluator.
 * @param searches what an earlier search found.
 * @throws of code `interrupted` if the signal ended it.
 */
export const evaluateLevels = (
  run: TrainedRun,
  params: Params<NDArray>,
  levels: readonly ChosenLevel[],
  searches: FoundLevels['searches'],
): Promise<EvaluatedSamples> =>
  withEvaluator(run, params, async (evaluator) => {
    const count = run.plan.evaluation.samples
    const { images, labels } = await sampleImages(run, { levels, count, labels: classLabels(run, count) })
    const figures = await evaluator.evaluate({ images: images.at(-1)!, labels }, { signal: run.signal })
    return { searches, levels, figures, images, labels }
  })

async function withEvaluator(
  run: TrainedRun,
  params: Params<NDArray>,
  use: (evaluator: ExperimentEvaluator) => Promise<FoundLevels>,
): Promise<EvaluatedSamples> {
  const { plan, data, compile, signal, progress } = run
  const { train, test } = dataAt(lastSize(plan), data)
  const { features, samples } = plan.evaluation
  const sets = { trainSet: train, testSet: test }
  const evaluator = await evaluatorOf(params, { features, labelled: isConditional(run), ...sets, compile, signal })
  try {
    const { ofTest, accuracy } = evaluator
    progress({ type: 'evaluator', accuracy })
    const { images, labels, ...found } = await use(evaluator)
    return { images, labels, evaluation: { ...found, ofTest, accuracy, samples } }
  } catch (cause) {
    if (signal?.aborted) throw samplingStopped(cause)
    throw cause
  } finally {
    await evaluator.dispose()
  }
}
