import { mkdir, rm } from 'node:fs/promises'
import type { Cascade } from '@cascade-diffusion/cascade'
import { checkFlag } from '@cascade-diffusion/checks'
import { encodePng } from '@cascade-diffusion/data'
import { evaluateExperiment } from './evaluate/evaluate.ts'
import { checkExperiment, checkpointFolder, type ExperimentOptions } from './options.ts'
import type { Outcome } from './report/outcome.ts'
import { processGrid, realGrid, samplesGrid } from './report/pictures.ts'
import { writeOutcome } from './report/write.ts'
import { sampleFrames } from './sample.ts'
import { trainExperiment } from './train.ts'
import { cascadeOf } from './with-cascade.ts'

/** Options of {@link runExperiment}. */
export interface RunExperimentOptions extends ExperimentOptions {
  /** Deletes earlier checkpoints of the run first. Default false. */
  readonly restart?: boolean
}

/** What {@link runExperiment} ends with. */
export interface ExperimentResult {
  /** The path of the report. */
  readonly report: string
  readonly outcome: Outcome
  /** The trained cascade with the levels chosen: what `saveCascade` writes to a folder. */
  readonly cascade: Cascade
}

/**
 * An experiment from end to end: trains the evaluator and the stages, searches the levels of conditioning augmentation, evaluates the
 * samples, and writes pictures, figures and a report to `out`. A run that was interrupted resumes from its checkpoints.
 * @throws of code `interrupted` if the signal ended it, with checkpoints saved; if the plan is wrong, data are missing, a checkpoint
 * cannot be used or written, or training diverges.
 */
export async function runExperiment(given: RunExperimentOptions): Promise<ExperimentResult> {
  const { restart = false, ...options } = given ?? {}
  checkFlag('runExperiment', 'restart', restart)
  checkExperiment('runExperiment', options)
  const { plan, out } = options
  const started = performance.now()
  if (restart) await rm(checkpointFolder(out), { recursive: true, force: true })
  await mkdir(out, { recursive: true })

  const trained = await trainExperiment(options)
  const { images, labels, ...evaluation } = await evaluateExperiment(trained, options)
  const frames = await sampleFrames(trained, { ...options, levels: evaluation.levels })
  const { train } = trained.data
  const sizes = trained.stages.map(({ stage }) => stage.size)
  const outcome: Outcome = {
    plan,
    classNames: train.classNames,
    evaluation,
    sampleCount: plan.evaluation.samples,
    losses: trained.losses,
    seconds: (performance.now() - started) / 1000,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    pictures: {
      samples: encodePng(samplesGrid(images, labels && { labels, classes: train.classNames!.length })),
      process: encodePng(processGrid(frames)),
      real: encodePng(await realGrid(train, sizes)),
    },
  }
  const cascade = cascadeOf(trained.stages, plan, evaluation.levels)
  return { report: await writeOutcome(out, outcome), outcome, cascade }
}
