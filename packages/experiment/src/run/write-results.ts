import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Cascade, saveCascade, savedLevels } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import { encodePng } from '@cascade-diffusion/data'
import { writeAtomically } from '@cascade-diffusion/files'
import type { ChosenLevel } from '../evaluate/search-stages.ts'
import { readMetrics } from '../log/metrics-file.ts'
import { stageGrids } from '../report/grid-sections.ts'
import { metricsOf, type Outcome } from '../report/outcome.ts'
import { processGrid, realGrid, samplesGrid } from '../report/pictures.ts'
import { reportOf } from '../report/report.ts'
import type { TrainedRun } from '../run-context.ts'
import { type Samples, sampleFrames, shownClasses } from '../sample.ts'
import { cascadeOf } from '../with-cascade.ts'
import type { ActiveRun } from './active-run.ts'
import { modelStates } from './open-run.ts'
import { type Pictures, pictureNames, runFiles } from './run-files.ts'

/** A run that this process works on, with its trained stages. */
export interface FinishedRun extends TrainedRun, Pick<ActiveRun, 'out'> {}

/**
 * The levels of the super-resolution stages: those of the saved cascade, which a search may have chosen; or the first of
 * each in the plan.
 */
export async function keptLevels(run: FinishedRun): Promise<readonly ChosenLevel[]> {
  const { cascade } = runFiles(run.out)
  const saved = existsSync(cascade) ? await savedLevels(cascade) : {}
  const [, ...planned] = cascadeOf(run.stages, run.plan).stages
  return planned.map(({ stage, level = 0, truncated = false }) => saved[stage.name] ?? { level, truncated })
}

/** Writes the folder of the cascade, at its levels. */
export async function writeCascade(run: FinishedRun, levels: readonly ChosenLevel[]): Promise<Cascade> {
  const cascade = cascadeOf(run.stages, run.plan, levels)
  const folder = runFiles(run.out).cascade
  await saveCascade(folder, cascade)
  run.progress({ type: 'written', path: folder })
  return cascade
}

/** Writes the pictures of samples at these levels: they, the process, and real images. */
export async function writePictures(
  run: FinishedRun,
  { images, labels }: Samples,
  levels: readonly ChosenLevel[],
): Promise<void> {
  const { train } = run.data
  const frames = await sampleFrames(run, levels)
  const classes = Math.min(train.classNames?.length ?? 0, shownClasses)
  const pictures: Pictures = {
    samples: encodePng(samplesGrid(images, labels && { labels, classes })),
    process: encodePng(processGrid(frames)),
    real: encodePng(
      await realGrid(
        train,
        run.stages.map(({ stage }) => stage.size),
      ),
    ),
  }
  const paths = runFiles(run.out).pictures
  for (const [i, name] of pictureNames.entries()) {
    await writeAtomically(paths[i]!, pictures[name])
    run.progress({ type: 'written', path: paths[i]! })
  }
}

/** Writes what was found of samples. */
export async function writeMetrics(run: Pick<ActiveRun, 'out' | 'progress'>, outcome: Outcome): Promise<void> {
  const path = runFiles(run.out).metrics
  await writeAtomically(path, `${JSON.stringify(metricsOf(outcome), null, 2)}\n`)
  run.progress({ type: 'written', path })
}

/** What was found of the samples of a run, if they were evaluated. */
export async function savedOutcome({ out, plan }: Pick<ActiveRun, 'out' | 'plan'>): Promise<Outcome | undefined> {
  const path = runFiles(out).metrics
  if (!existsSync(path)) return undefined
  try {
    const { evaluation, seconds, peakMemoryBytes } = JSON.parse(await readFile(path, 'utf8')) as Outcome
    // Older versions wrote figures only.
    return evaluation && { plan, evaluation, seconds, peakMemoryBytes }
  } catch (cause) {
    throw new CascadeError('checkpoint', `${path}: expected JSON: ${(cause as Error).message}; remove it`, { cause })
  }
}

/**
 * Writes the report of a run, finished or not, of what is in its folder.
 * @returns its path.
 */
export async function writeReport(
  run: Pick<ActiveRun, 'out' | 'plan' | 'data' | 'progress' | 'stages'>,
  levels: readonly ChosenLevel[],
): Promise<string> {
  const { report, pictures, samples, log } = runFiles(run.out)
  const isConditional = run.stages.some(({ classNames }) => classNames)
  const page = reportOf({
    plan: run.plan,
    classNames: isConditional ? run.data.train.classNames : undefined,
    models: await modelStates(run),
    logged: readMetrics(log),
    grids: await stageGrids(samples, run.plan),
    pictures: pictures.every(existsSync) ? await readPictures(pictures) : undefined,
    levels,
    outcome: await savedOutcome(run),
  })
  await writeAtomically(report, page)
  run.progress({ type: 'written', path: report })
  return report
}

const readPictures = async (paths: readonly string[]): Promise<Pictures> =>
  Object.fromEntries(
    await Promise.all(pictureNames.map(async (name, i) => [name, await readFile(paths[i]!)])),
  ) as Pictures
