import { resolve } from 'node:path'
import { isCascadeError } from '@cascade-diffusion/checks'
import {
  levelInWords,
  metricsOf,
  quickstartDatasets,
  quickstartPlan,
  runExperiment,
} from '@cascade-diffusion/experiment'
import { checkFolder } from '../check-folder.ts'
import { type CommandIo, INTERRUPTED, oneOf, parsed, wholeNumber } from '../command.ts'
import { compileNames, compileOn } from '../engine/compile-on.ts'
import { eventPrinter } from '../event-printer.ts'

/** Runs the command `quickstart`; gives the exit code. */
export async function runQuickstart(args: readonly string[], { log, signal }: CommandIo): Promise<number> {
  const { values } = parsed(args, {
    dataset: { type: 'string', default: 'mnist' },
    fast: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'jit' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string', default: 'runs/quickstart' },
    restart: { type: 'boolean', default: false },
  })
  const { fast, restart } = values
  const dataset = oneOf('--dataset', quickstartDatasets, values.dataset)
  const backend = oneOf('--backend', compileNames, values.backend)
  const out = resolve(values.out)
  const seed = wholeNumber('seed', values.seed)
  await checkFolder(out)
  const plan = quickstartPlan({ dataset, fast, seed })
  const compile = await compileOn(backend)
  log(`${plan.report.title}. ${plan.report.about}`)
  const { print, end } = eventPrinter({ log })
  try {
    const options = { plan, restart, out, compile, signal, progress: print }
    const { report, outcome } = await runExperiment(options).finally(end)
    const { figures, levels, ofTest } = outcome.evaluation
    const [fid, fidOfTest] = [figures, ofTest].map(({ fid }) => fid.train.value.toFixed(2))
    const { fid: nonTruncated, truncated } = metricsOf(outcome)
    log(`FID by s, non-truncated: ${byLevel(nonTruncated)}`)
    if (truncated) log(`FID by s, truncated: ${byLevel(truncated.fid)}`)
    log(`class accuracy of the samples: ${(100 * figures.classAccuracy.value).toFixed(1)} %`)
    log(`FID ${fid} at s = ${levels.map(levelInWords).join('; ')}; ${fidOfTest} for the real test set`)
    log(`report: ${report}`)
    return 0
  } catch (error) {
    if (!isCascadeError(error, 'interrupted')) throw error
    log(`${error.message}. Checkpoints are kept: the same command resumes from them.`)
    return INTERRUPTED
  }
}

const byLevel = (fid: Readonly<Record<string, { readonly train: number }>>): string =>
  Object.entries(fid)
    .map(([level, { train }]) => `${train.toFixed(2)} at ${level}`)
    .join(', ')
