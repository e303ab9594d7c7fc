import { join, resolve } from 'node:path'
import { metricsOf, type QuickstartDataset, quickstartPlan, runExperiment } from '@cascade-diffusion/experiment'
import { checkFolder } from '../check-folder.ts'
import type { CommandIo, CommandResult } from '../command.ts'
import type { CompileName } from '../engine/compile-names.ts'
import { compileOn } from '../engine/compile-on.ts'
import { eventPrinter } from '../progress/event-printer.ts'
import { outcomeLines } from '../run/outcome-lines.ts'

interface Values {
  readonly dataset: QuickstartDataset
  readonly fast: boolean
  readonly backend: CompileName
  readonly seed: number
  readonly out?: string
  readonly restart: boolean
}

/** Runs the command `quickstart`. */
export async function run(
  { dataset, fast, backend, seed, out, restart }: Values,
  { say, progress, signal }: CommandIo,
): Promise<CommandResult> {
  const folder = resolve(out ?? defaultFolder(dataset, fast))
  await checkFolder(folder)
  const plan = quickstartPlan({ dataset, fast, seed })
  const compile = await compileOn(backend)
  say(`${plan.report.title}. ${plan.report.about}`)
  const { print, end, written } = eventPrinter({ log: say, stream: progress })
  const options = { plan, restart, out: folder, compile, signal, progress: print }
  const { outcome } = await runExperiment(options).finally(end)
  return {
    lines: outcomeLines(outcome),
    json: metricsOf(outcome),
    written: [{ what: 'checkpoints', path: join(folder, 'checkpoints') }, ...written()],
  }
}

/** A folder for each plan, since a run keeps to one. */
const defaultFolder = (dataset: QuickstartDataset, fast: boolean): string =>
  ['runs/quickstart', ...(dataset === 'mnist' ? [] : [dataset]), ...(fast ? ['fast'] : [])].join('-')
