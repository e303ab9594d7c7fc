import { readFile } from 'node:fs/promises'
import { writeAtomically } from '@cascade-diffusion/files'
import { checkChanges, compareWithRun } from '../config/compare-with-run.ts'
import { printedPlan } from '../config/printed-plan.ts'
import { modelStates, savedPlan } from './open-run.ts'
import type { PlannedRunOptions } from './options.ts'
import { removeResults } from './remove-files.ts'
import { runFiles } from './run-files.ts'

/**
 * Makes a plan that of a run: writes config.json. What was made of samples by another plan is removed.
 * @throws of code `checkpoint` that lists what models that are trained, or begun, do not allow.
 */
export async function settleConfig(options: PlannedRunOptions): Promise<void> {
  const { out, plan, progress } = options
  const { config } = runFiles(out)
  const text = printedPlan(plan)
  const saved = await savedPlan(out)
  if (saved) {
    if ((await readFile(config, 'utf8')) === text) return
    const begun = (await modelStates(options)).filter(({ path }) => path !== undefined)
    const comparison = compareWithRun(
      saved,
      plan,
      begun.map(({ name }) => name),
    )
    checkChanges(comparison, out)
    await removeResults(options)
    progress?.({ type: 'changed', changes: comparison.taken })
  }
  await writeAtomically(config, text)
  progress?.({ type: 'written', path: config })
}
