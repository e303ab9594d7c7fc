import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Compile } from '@cascade-diffusion/arrays'
import { encodePng } from '@cascade-diffusion/data'
import { evaluatorOf } from './judge.ts'
import { realGrid } from './pictures.ts'
import type { Plan } from './plan.ts'
import { metricsOf, type Outcome, reportOf } from './report.ts'
import { sampleAll } from './sample-all.ts'
import { trainAll } from './train-all.ts'

export interface QuickstartOptions {
  readonly plan: Plan
  readonly seed: number
  /** The folder that everything is written to. */
  readonly out: string
  /** Forgets earlier checkpoints of the same plan. */
  readonly restart: boolean
  /** How functions are run. */
  readonly compile: Compile
  readonly signal: AbortSignal
  /** Where lines for people go. */
  readonly log: (line: string) => void
}

/**
 * The main job from end to end: trains a classifier, a base and a super-resolution model on real images, samples the
 * cascade at several levels of conditioning augmentation, evaluates the samples, and writes pictures, figures and a report.
 * A run that was interrupted is gone on from.
 * @returns the path of the report, and what it is made from.
 * @throws {Interrupted} if the signal ended it; if data are missing, a checkpoint cannot be used or written, or training diverges.
 */
export async function quickstart(options: QuickstartOptions): Promise<{ report: string; outcome: Outcome }> {
  const { plan, seed, out, restart, compile, signal, log } = options
  const started = performance.now()
  const folder = join(out, 'checkpoints', plan.name)
  if (restart) await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })

  log(`${plan.title}. ${plan.about}`)
  const trainSet = await plan.load('train')
  const testSet = await plan.load('test')
  log(`${count(trainSet.count)} training and ${count(testSet.count)} test images`)

  const runs = await trainAll({ plan, trainSet, folder, seed, compile, signal })
  const evaluator = await evaluatorOf(runs.classifier.ema, { trainSet, testSet, compile })
  log(
    `the classifier has an accuracy of ${(100 * evaluator.ofTest.classAccuracy.value).toFixed(2)} % on the real test images`,
  )

  const sampled = await sampleAll({ plan, runs, evaluator, seed, compile, signal }).finally(evaluator.dispose)
  const outcome: Outcome = {
    plan,
    seed,
    evaluator,
    pictures: {
      samples: encodePng(sampled.samples),
      process: encodePng(sampled.process),
      real: encodePng(await realGrid(trainSet, plan.base.stage.resolution)),
    },
    losses: Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, run.losses])),
    scores: sampled.scores,
    best: sampled.best,
    sampleCount: plan.samplesPerClass * trainSet.classNames.length,
    seconds: (performance.now() - started) / 1000,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  }
  return { report: await write(out, outcome), outcome }
}

const count = (n: number) => n.toLocaleString('en-US')

async function write(out: string, outcome: Outcome): Promise<string> {
  for (const [name, png] of Object.entries(outcome.pictures)) await writeFile(join(out, `${name}.png`), png)
  await writeFile(join(out, 'metrics.json'), `${JSON.stringify(metricsOf(outcome), null, 2)}\n`)
  const report = join(out, 'report.html')
  await writeFile(report, reportOf(outcome))
  return report
}
