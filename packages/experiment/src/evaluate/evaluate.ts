import { CascadeError } from '@cascade-diffusion/checks'
import { dataAt } from '../data/data.ts'
import { checkExperiment, type ExperimentOptions } from '../options.ts'
import { lastSize } from '../plan/cascade-plan.ts'
import { isConditional } from '../sample.ts'
import type { TrainedExperiment } from '../train.ts'
import { type ExperimentFigures, evaluatorOf } from './evaluator.ts'
import { type FoundLevels, searchStages } from './search-stages.ts'

/** What {@link evaluateExperiment} finds. */
export interface Evaluation extends FoundLevels {
  /** The figures of real test images: the FID that perfect samples would have. */
  readonly ofTest: ExperimentFigures
  /** How often the evaluator tells the class, or the turn, of real test images. */
  readonly accuracy: number
}

/**
 * Chooses the levels s of conditioning augmentation, truncated or not, one stage after the other, and evaluates the
 * images (paper, Section 4.3). All levels of a stage are tried with the same noise and the same images of the stages
 * below; the stages above it are sampled at their first level, non-truncated.
 * @returns the figures, and the images at the levels chosen.
 * @throws of code `interrupted` if the signal ended it.
 */
export async function evaluateExperiment(trained: TrainedExperiment, options: ExperimentOptions): Promise<Evaluation> {
  checkExperiment('evaluateExperiment', options)
  const { plan, compile, progress, signal } = options
  const { train, test } = dataAt(lastSize(plan), trained.data)
  const { features } = plan.evaluation
  const labelled = isConditional(trained)
  const sets = { trainSet: train, testSet: test }
  const evaluator = await evaluatorOf(trained.evaluator, { features, labelled, ...sets, compile, signal })
  try {
    const { ofTest, accuracy } = evaluator
    progress?.({ type: 'evaluator', accuracy })
    return { ...(await searchStages(trained, evaluator, options)), ofTest, accuracy }
  } catch (cause) {
    if (signal?.aborted) throw new CascadeError('interrupted', 'sampling: stopped', { cause })
    throw cause
  } finally {
    await evaluator.dispose()
  }
}
