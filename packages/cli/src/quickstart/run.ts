import { join, resolve } from 'node:path'
import {
  levelInWords,
  metricsOf,
  type QuickstartDataset,
  quickstartPlan,
  runExperiment,
} from '@cascade-diffusion/experiment'
import { checkFolder } from '../check-folder.ts'
import type { CommandIo, CommandResult } from '../command.ts'
import type { CompileName } from '../engine/compile-names.ts'
import { compileOn } from '../engine/compile-on.ts'
import { eventPrinter } from '../progress/event-printer.ts'

interface Values {
  readonly dataset: QuickstartDataset
  readonly fast: boolean
  readonly backend: CompileName
  readonly seed: number
  readonly out: string
  readonly restart: boolean
}

/** Runs the command `quickstart`. */
export async function run(
  { dataset, fast, backend, seed, out, restart }: Values,
  { say, progress, signal }: CommandIo,
): Promise<CommandResult> {
  const folder = resolve(out)
  await checkFolder(folder)
  const plan = quickstartPlan({ dataset, fast, seed })
  const compile = await compileOn(backend)
  say(`${plan.report.title}. ${plan.report.about}`)
  const { print, end, written } = eventPrinter({ log: say, stream: progress })
  const options = { plan, restart, out: folder, compile, signal, progress: print }
  const { outcome } = await runExperiment(options).finally(end)
  const { figures, levels, ofTest } = outcome.evaluation
  const [fid, fidOfTest] = [figures, ofTest].map(({ fid }) => fid.train.value.toFixed(2))
  const metrics = metricsOf(outcome)
  return {
    lines: [
      `FID by s, non-truncated: ${byLevel(metrics.fid)}`,
      ...(metrics.truncated ? [`FID by s, truncated: ${byLevel(metrics.truncated.fid)}`] : []),
      ...(figures.classAccuracy
        ? [`class accuracy of the samples: ${(100 * figures.classAccuracy.value).toFixed(1)} %`]
        : []),
      `FID ${fid} at s = ${levels.map(levelInWords).join('; ')}; ${fidOfTest} for the real test set`,
    ],
    json: metrics,
    written: [{ what: 'checkpoints', path: join(folder, 'checkpoints') }, ...written()],
  }
}

const byLevel = (fid: Readonly<Record<string, { readonly train: number }>>): string =>
  Object.entries(fid)
    .map(([level, { train }]) => `${train.toFixed(2)} at ${level}`)
    .join(', ')
