import { type CascadeSampler, searchLevels } from '@cascade-diffusion/cascade'
import { rng } from '@cascade-diffusion/random'
import { dataAt } from '../data/data.ts'
import { checkExperiment, type ExperimentOptions } from '../options.ts'
import { type ExperimentPlan, lastSize, type SuperResolutionStagePlan } from '../plan/plan.ts'
import { classLabels, type Images, type Samples } from '../sample.ts'
import type { TrainedExperiment } from '../train.ts'
import { cascadeOf, withCascade } from '../with-cascade.ts'
import { type ExperimentEvaluator, type ExperimentFigures, evaluatorOf } from './evaluator.ts'

/** The figures of the cascade's images at one level s of a stage's conditioning augmentation. */
export interface LevelFigures {
  readonly level: number
  readonly figures: ExperimentFigures
}

/** The levels of one stage that were tried. */
export interface LevelSearch {
  /** The stage's name. */
  readonly stage: string
  readonly trials: readonly LevelFigures[]
  /** The one with the least FID to the training images. */
  readonly best: LevelFigures
}

/** What {@link evaluateExperiment} finds. */
export interface Evaluation extends Samples {
  /** The figures of real test images: the classifier's accuracy, and the FID that perfect samples would have. */
  readonly ofTest: ExperimentFigures
  /** The searches, in the order of the stages. */
  readonly searches: readonly LevelSearch[]
  /** The level chosen for each super-resolution stage. */
  readonly levels: readonly number[]
  /** The figures of the last stage's images at these levels. */
  readonly figures: ExperimentFigures
}

/**
 * Chooses the levels s of conditioning augmentation, one stage after the other, and evaluates the images (paper,
 * Section 4.3). All levels of a stage are tried with the same noise and the same images of the stage below; the stages
 * above it are sampled at their first level.
 * @returns the figures, and the images at the levels chosen.
 * @throws of code `interrupted` if the signal ended it.
 */
export async function evaluateExperiment(trained: TrainedExperiment, options: ExperimentOptions): Promise<Evaluation> {
  checkExperiment('evaluateExperiment', options)
  const { plan, compile, progress, signal } = options
  const { train, test } = dataAt(lastSize(plan), trained.data)
  const evaluator = await evaluatorOf(trained.evaluator, { trainSet: train, testSet: test, compile, signal })
  try {
    const { ofTest } = evaluator
    progress?.({ type: 'evaluator', accuracy: ofTest.classAccuracy.value })
    const found = await withCascade(cascadeOf(trained.stages, plan), options, (cascade) =>
      searchStages(cascade, trained, evaluator, options),
    )
    return { ...found, ofTest }
  } finally {
    await evaluator.dispose()
  }
}

async function searchStages(
  cascade: CascadeSampler,
  trained: TrainedExperiment,
  evaluator: ExperimentEvaluator,
  { plan, seed, signal, progress }: ExperimentOptions,
): Promise<Omit<Evaluation, 'ofTest'>> {
  const labels = classLabels(trained, plan.samplesPerClass)
  const n = labels.data.length
  const count = n * stageRuns(plan)
  let before = 0
  progress?.({ type: 'sampling', done: 0, count })
  const sampling = {
    count: n,
    labels,
    rng: rng(seed).fold('samples'),
    batchSize: plan.samplingBatchSize,
    progress: ({ done }: { done: number }) => {
      progress?.({ type: 'sampling', done: before + done, count })
      if (done === n) before += n
    },
  }
  const sampled = async (stage: number, levels: readonly number[], lowRes?: Images): Promise<Images> => {
    const { name } = cascade.stages[stage]!.stage
    const [images] = await cascade.sample({ ...sampling, levels, signal, from: name, lowRes, to: name })
    return images!
  }
  const evaluate = (images: Images) => evaluator.evaluate({ images, labels }, { signal })

  const [, ...upper] = plan.stages
  let levels = upper.map((stage) => stage.levels[0]!)
  const images = [await sampled(0, levels)]
  const searches: LevelSearch[] = []
  for (const [i, stage] of upper.entries()) {
    const lowRes = images[i]!
    if (!isSearched(upper, i)) {
      images.push(await sampled(i + 1, levels, lowRes))
      continue
    }
    const { name } = stage.stage
    const { best, trials } = await searchLevels(cascade, {
      stage: i + 1,
      levels: stage.levels,
      lowRes,
      sampling,
      evaluate: async ({ level, images }) => {
        let last = images
        for (let above = i + 2; above <= upper.length; above++) last = await sampled(above, levels, last)
        const figures = await evaluate(last)
        progress?.({ type: 'evaluated', stage: name, level, figures })
        return figures
      },
      objective: ({ fid }) => fid.train.value,
      signal,
    })
    const figuresOf = ({ candidate, evaluation }: typeof best): LevelFigures => ({
      level: candidate.level,
      figures: evaluation,
    })
    searches.push({ stage: name, trials: trials.map(figuresOf), best: figuresOf(best) })
    levels = levels.with(i, best.candidate.level)
    images.push(best.candidate.images)
  }
  const figures = searches.at(-1)?.best.figures ?? (await evaluate(images.at(-1)!))
  return { searches, levels, figures, images, labels }
}

/** Whether the levels of a super-resolution stage are evaluated: there are several, or it is the last stage. */
const isSearched = (upper: readonly SuperResolutionStagePlan[], i: number): boolean =>
  i === upper.length - 1 || upper[i]!.levels.length > 1

/** The number of runs of stages in total. */
function stageRuns({ stages: [, ...upper] }: ExperimentPlan): number {
  const runs = upper.map(({ levels }, i) => (isSearched(upper, i) ? levels.length * (upper.length - i) : 1))
  return runs.reduce((sum, n) => sum + n, 1)
}
