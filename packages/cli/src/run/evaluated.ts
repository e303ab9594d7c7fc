import { join, resolve } from 'node:path'
import {
  type EvaluatedRun,
  loadConfig,
  metricsOf,
  type OpenedRunOptions,
  openRun,
  withOverrides,
} from '@cascade-diffusion/experiment'
import type { CommandIo, CommandResult, Override } from '../command.ts'
import type { CompileName } from '../engine/compile-names.ts'
import { compileOn } from '../engine/compile-on.ts'
import { eventPrinter } from '../progress/event-printer.ts'
import { outcomeLines } from './outcome-lines.ts'
import { plannedOf, settle } from './settled-plan.ts'

/** What the commands that evaluate a run are given. */
export interface EvaluatedValues {
  readonly run: string
  readonly config: string | undefined
  readonly backend: CompileName
  readonly overrides: readonly Override[]
}

/** Works on a trained run, and says what was found of its samples. */
export async function evaluated(
  { run, config: path, backend, overrides }: EvaluatedValues,
  io: CommandIo,
  work: (out: string, options: OpenedRunOptions) => Promise<EvaluatedRun>,
): Promise<CommandResult> {
  const out = resolve(run)
  const saved = await openRun(out)
  const config = withOverrides(path === undefined ? saved.plan : (await loadConfig(path)).config, overrides)
  const { print, end, written } = eventPrinter({ log: io.say, stream: io.progress })
  const from = path ?? join(out, 'config.json')
  const { plan, data } = await plannedOf({ config, from, out }, print, io).finally(end)
  await settle(out, plan, [], io)
  const compile = await compileOn(backend)
  const options = { plan, data, compile, progress: print, signal: io.signal }
  const { outcome } = await work(out, options).finally(end)
  return { lines: outcomeLines(outcome), json: metricsOf(outcome), written: written() }
}
