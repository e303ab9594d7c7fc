import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { cascadeSampler, type StageLevel, searchAugmentation } from '@cascade-diffusion/cascade'
import { writeAtomically } from '@cascade-diffusion/files'
import { rng } from '@cascade-diffusion/random'
import type { TrainedRun } from '../run-context.ts'
import { classLabels, type Images, type Samples, sampleImages } from '../sample.ts'
import { cascadeOf } from '../with-cascade.ts'
import type { ExperimentEvaluator, ExperimentFigures } from './evaluator.ts'
import { searchedLevels, stageRuns } from './searched-levels.ts'

/** The figures of the cascade's images at one level s of a stage's conditioning augmentation. */
export interface LevelFigures {
  readonly level: number
  /** Whether the stage below was truncated at s. False at level 0, where both ways are equal. */
  readonly truncated: boolean
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

/** How a super-resolution stage is augmented in sampling. */
export type ChosenLevel = Required<Exclude<StageLevel, number>>

/** What the searches of all stages find. */
export interface FoundLevels extends Samples {
  /** The searches, in the order of the stages. */
  readonly searches: readonly LevelSearch[]
  /** The level and the way chosen for each super-resolution stage. */
  readonly levels: readonly ChosenLevel[]
  /** The figures of the last stage's images at these levels. */
  readonly figures: ExperimentFigures
}

/**
 * Searches the levels of each stage that leaves a choice, and of the last stage.
 * @param folder where finished trials are kept, which an interrupted search resumes from.
 */
export async function searchStages(
  run: TrainedRun,
  evaluator: ExperimentEvaluator,
  folder: string,
): Promise<FoundLevels> {
  const { plan, compile, signal, progress } = run
  const cascade = cascadeOf(run.stages, plan)
  const n = plan.evaluation.samples
  const labels = classLabels(run, n)
  const sampling = { count: n, labels, rng: rng(plan.seed).fold('samples'), batchSize: plan.sampling.batchSize, signal }
  const { choices, candidates } = searchedLevels(cascade, plan)
  const count = n * stageRuns(cascade, candidates)
  let done = 0
  progress({ type: 'sampling', done, count })
  const samplingProgress = (batch: { readonly stage: string; readonly done: number }) => {
    progress({ type: 'sampling', done: done + batch.done, count })
    if (batch.done === n) done += n
  }
  if (!choices) {
    const sampler = cascadeSampler(cascade, { compile })
    const images = await sampler.sample({ ...sampling, progress: samplingProgress }).finally(() => sampler.dispose())
    const figures = await evaluator.evaluate({ images: images.at(-1)!, labels }, { signal })
    return { searches: [], levels: [], figures, images, labels }
  }

  await forgetOthers(folder, evaluator)
  /** The best of each stage's search. */
  const best = new Map<string, { readonly figures: ExperimentFigures; readonly images: readonly Images[] }>()
  const found = await searchAugmentation(cascade, {
    ...sampling,
    ...choices,
    compile,
    folder,
    measure: 'FID',
    samplingProgress,
    objective: ({ fid }: ExperimentFigures) => fid.train.value,
    progress: ({ trial: { candidate, evaluation } }) =>
      progress({ type: 'evaluated', ...candidate, figures: evaluation }),
    async evaluate({ stage, images, imagesOf }) {
      const figures = await evaluator.evaluate({ images, labels }, { signal })
      const before = best.get(stage)
      if (!before || figures.fid.train.value < before.figures.fid.train.value)
        best.set(stage, { figures, images: Object.values(imagesOf) })
      return figures
    },
  })
  const searches = found.searches.map(({ stage, trials, best }): LevelSearch => {
    const tried = trials.map(({ candidate: { level, truncated }, evaluation }) => ({
      level,
      truncated,
      figures: evaluation,
    }))
    return { stage, trials: tried, best: tried[trials.indexOf(best)]! }
  })
  const { figures } = searches.at(-1)!.best
  const levels = found.cascade.stages.slice(1).map(({ level = 0, truncated = false }) => ({ level, truncated }))
  // A later search may end with what was best in an earlier one, which is evaluated once.
  const isBest = (each: { readonly figures: ExperimentFigures }) => isDeepStrictEqual(each.figures, figures)
  const images =
    [...best.values()].find(isBest)?.images ?? (await sampleImages(run, { levels, count: n, labels })).images
  // All that would be sampled of them is evaluated.
  await rm(join(folder, 'samples'), { recursive: true, force: true })
  return { searches, levels, figures, images, labels }
}

/** Removes the trials of another evaluator, or of other real images: its figures of the test images are others. */
async function forgetOthers(folder: string, { ofTest }: ExperimentEvaluator): Promise<void> {
  const path = join(folder, 'evaluator.json')
  const text = `${JSON.stringify(ofTest, null, 2)}\n`
  const before = await readFile(path, 'utf8').catch(() => undefined)
  if (before === text) return
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeAtomically(path, text)
}
