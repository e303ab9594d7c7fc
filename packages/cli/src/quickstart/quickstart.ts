import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Compile, int32, type NDArray } from '@cascade-diffusion/arrays'
import { cascadeSampler, type Stage, searchLevels, trainStage } from '@cascade-diffusion/cascade'
import { encodePng, type ImageDataset } from '@cascade-diffusion/data'
import { ddim } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { respace } from '@cascade-diffusion/schedules'
import { cosineRate, type TrainResult } from '@cascade-diffusion/training'
import { progress } from '../progress.ts'
import { judgeOf, trainJudge } from './judge.ts'
import { processGrid, realGrid, samplesGrid } from './pictures.ts'
import { type Plan, planOf, type TrainingPlan } from './plan.ts'
import { metricsOf, type Outcome, reportOf } from './report.ts'

export interface QuickstartOptions {
  readonly dataset: string
  readonly fast: boolean
  readonly seed: number
  /** The folder that everything is written to. */
  readonly out: string
  /** Forgets earlier checkpoints of the same kind. */
  readonly restart: boolean
  readonly signal: AbortSignal
  /** Where lines for people go. */
  readonly log: (line: string) => void
}

/** Thrown when the signal ends a run early; its checkpoints are saved. */
export class Interrupted extends Error {}

const compile: Compile = (fn) => jit(fn)

/**
 * The main job from end to end: trains a classifier, a base and a super-resolution model on real images, samples the
 * cascade at several levels of conditioning augmentation, judges the samples, and writes pictures, figures and a report.
 * A run that was interrupted is gone on from.
 * @returns the paths of what was written.
 * @throws {Interrupted} if the signal ended it.
 */
export async function quickstart(options: QuickstartOptions): Promise<{ report: string; outcome: Outcome }> {
  const { dataset, fast, seed, out, restart, signal, log } = options
  const started = performance.now()
  const plan = planOf({ dataset, fast, cacheDir: join(out, 'drawings') })
  const folder = join(out, 'checkpoints', plan.name)
  if (restart) await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })

  log(`${plan.title}: ${plan.about}`)
  const trainSet = await plan.load('train')
  const testSet = await plan.load('test')
  log(`${count(trainSet.labels.length)} training and ${count(testSet.labels.length)} test images`)

  const runs = await trainAll({ plan, trainSet, folder, seed, signal })
  const judge = await judgeOf(runs.classifier.ema, { trainSet, testSet, compile })
  log(`the classifier tells ${(100 * judge.testAccuracy).toFixed(2)} % of the real test images right`)

  const sampled = await sampleAll({ plan, runs, seed, signal, judge })
  await judge.dispose()
  const pictures = {
    samples: encodePng(sampled.samples),
    process: encodePng(sampled.process),
    real: encodePng(realGrid(trainSet, plan.base.stage.resolution)),
  }
  const outcome: Outcome = {
    ...{ plan, fast, seed, judge, pictures },
    losses: Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, run.losses])),
    scores: sampled.scores,
    best: sampled.best,
    sampleCount: plan.samplesPerClass * trainSet.classNames.length,
    seconds: (performance.now() - started) / 1000,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  }
  const report = await write(out, outcome)
  return { report, outcome }
}

interface Runs {
  readonly classifier: TrainResult
  readonly base: TrainResult
  readonly 'super-resolution': TrainResult
}

interface TrainAllOptions {
  readonly plan: Plan
  readonly trainSet: ImageDataset
  readonly folder: string
  readonly seed: number
  readonly signal: AbortSignal
}

/** Trains what is not trained yet, one after the other. */
async function trainAll({ plan, trainSet, folder, seed, signal }: TrainAllOptions): Promise<Runs> {
  const shown = async (label: string, { steps }: TrainingPlan, start: (show: Show) => Promise<TrainResult>) => {
    let bar: ReturnType<typeof progress> | undefined
    const result = await start(({ step, loss }) => {
      bar ??= progress({ label: label.padEnd(16), total: steps, start: step - 1 })
      bar.update(step, loss)
    })
    bar?.end()
    if (result.interrupted) throw new Interrupted(`${label}: stopped at step ${result.step} of ${steps}`)
    return result
  }
  const path = (name: string) => join(folder, `${name}.safetensors`)
  const stage = (stage: Stage, training: TrainingPlan) =>
    shown(stage.name, training, (progress) =>
      trainStage({
        ...{ stage, dataset: trainSet, seed, compile, signal, progress },
        steps: training.steps,
        batchSize: training.batchSize,
        learningRate: cosineRate(training.learningRate, training.steps, { warmup: 100 }),
        emaDecay: plan.emaDecay,
        checkpoint: { path: path(stage.name), every: 200 },
      }),
    )
  const classifier = await shown('classifier', plan.classifier, (progress) =>
    trainJudge({
      ...{ dataset: trainSet, plan: plan.classifier, seed, compile, signal, progress },
      checkpointPath: path('classifier'),
    }),
  )
  const base = await stage(plan.base.stage, plan.base.training)
  const superResolution = await stage(plan.superResolution.stage, plan.superResolution.training)
  return { classifier, base, 'super-resolution': superResolution }
}

type Show = (progress: { step: number; loss: number }) => void

interface SampleAllOptions {
  readonly plan: Plan
  readonly runs: Runs
  readonly seed: number
  readonly signal: AbortSignal
  readonly judge: Awaited<ReturnType<typeof judgeOf>>
}

/** Samples the base once and the last stage at every level, and judges. */
async function sampleAll({ plan, runs, seed, signal, judge }: SampleAllOptions) {
  const { base, superResolution, samplesPerClass, levels } = plan
  const classes = base.stage.classNames?.length as number
  const labels = classLabels(classes, samplesPerClass)
  const total = labels.data.length
  const key = rng(seed).fold('samples')
  const sampling = (stage: Stage, steps: number) => ({ sampler: ddim(), steps: evenSteps(stage, steps), compile })
  const cascade = cascadeSampler(
    [
      { stage: base.stage, params: runs.base.ema },
      { stage: superResolution.stage, params: runs['super-resolution'].ema },
    ],
    [sampling(base.stage, base.samplingSteps), sampling(superResolution.stage, superResolution.samplingSteps)],
  )
  try {
    const bar = progress({ label: 'sampling'.padEnd(16), total: total * (1 + levels.length) })
    let done = 0
    const counted = {
      ...{ count: total, labels, rng: key, signal },
      progress: (p: { done: number }) => bar.update(done + p.done),
    }
    const lowRes = await cascade.sampleStage(0, counted)
    done += total
    const { results, best } = await searchLevels(cascade, {
      ...counted,
      levels,
      lowRes,
      judge: (images) => {
        done += total
        return judge.score(images, labels)
      },
      objective: (score) => score.fidTrain,
    })
    bar.end()
    const one = { labels: classLabels(classes, 1), rng: rng(seed).fold('process'), signal }
    const process = await processGrid({ stages: cascade.stages, level: best.level, ...one })
    return {
      scores: results.map(({ level, score }) => ({ level, score })),
      best: { level: best.level, score: best.score },
      samples: samplesGrid(lowRes, best.images, labels, classes),
      process,
    }
  } catch (error) {
    if (signal.aborted) throw new Interrupted('sampling: stopped')
    throw error
  } finally {
    await cascade.dispose()
  }
}

/** So many of each class, the classes in turn, so that any beginning of the list is balanced. */
const classLabels = (classes: number, each: number): NDArray<'int32'> =>
  int32(Array.from({ length: classes * each }, (_, i) => i % classes))

const evenSteps = ({ process }: Stage, count: number): number[] =>
  [...respace(process.schedule, count).timesteps].reverse()

const count = (n: number) => n.toLocaleString('en-US')

async function write(out: string, outcome: Outcome): Promise<string> {
  for (const [name, png] of Object.entries(outcome.pictures)) await writeFile(join(out, `${name}.png`), png)
  await writeFile(join(out, 'metrics.json'), `${JSON.stringify(metricsOf(outcome), null, 2)}\n`)
  const report = join(out, 'report.html')
  await writeFile(report, reportOf(outcome))
  return report
}
