import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CascadePlan,
  checkChanges,
  checkOutside,
  compareWithRun,
  type ExperimentData,
  type ExperimentEvent,
  openRun,
  resolveConfig,
} from '@cascade-diffusion/experiment'
import type { CommandIo } from '../command.ts'
import type { Configured } from './configured.ts'

/** A plan and its images. */
export interface Planned {
  readonly plan: CascadePlan
  readonly data: ExperimentData
}

/** The plan of a configuration, and its images. What is made of images is kept in the folder of the run. */
export async function plannedOf(
  { config, out }: Configured,
  print: (event: ExperimentEvent) => void,
  { signal }: CommandIo,
): Promise<Planned> {
  checkOutside(out, config.data)
  return resolveConfig(config, {
    cacheDir: join(out, 'cache'),
    progress: (loading) => print({ type: 'loading', ...loading }),
    signal,
  })
}

/**
 * Compares a plan with the run in a folder, if there is one, and says what the run takes over.
 * @param restarted the names of stages whose checkpoints do not count.
 * @throws of code `checkpoint` with all that matters to what is trained.
 */
export async function settle(
  out: string,
  plan: CascadePlan,
  restarted: readonly string[],
  io: CommandIo,
): Promise<void> {
  if (!existsSync(join(out, 'config.json'))) return
  const { plan: saved, stages, evaluator } = await openRun(out)
  const begun = [evaluator, ...stages].filter(({ name, step }) => step > 0 && !restarted.includes(name))
  const comparison = compareWithRun(
    saved,
    plan,
    begun.map(({ name }) => name),
  )
  checkChanges(comparison, out)
  for (const { path, saved: before, now, why } of comparison.taken)
    io.say(`${path}: ${JSON.stringify(before) ?? 'none'} → ${JSON.stringify(now) ?? 'none'} (${why})`)
  for (const { name, step, steps } of begun)
    io.say(`${name}: ${step < steps ? `resumes from step ${step} of ${steps}` : `trained, ${steps} steps`}`)
}
