import { readFile, rm } from 'node:fs/promises'
import { writeAtomically } from '@cascade-diffusion/files'
import { previousPath } from '@cascade-diffusion/training'
import { printedPlan } from '../config/printed-plan.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { EVALUATOR } from '../plan/check-plan.ts'
import { savedPlan } from './open-run.ts'
import { removeResults } from './remove-files.ts'
import { checkpointPath, type PlaceOfRun, runFiles } from './run-files.ts'

/**
 * Makes a plan that of a run: writes config.json, and removes what was made by the plan before it and is another now.
 */
export async function settleConfig({ out, plan }: PlaceOfRun & { readonly plan: CascadePlan }): Promise<void> {
  const { config } = runFiles(out)
  const text = printedPlan(plan)
  const saved = await savedPlan(out)
  if (saved) {
    if ((await readFile(config, 'utf8')) === text) return
    await removeResults({ out })
    if (evaluatorOf(saved) !== evaluatorOf(JSON.parse(text))) {
      const path = checkpointPath({ out, plan }, EVALUATOR)
      for (const each of [path, previousPath(path)]) await rm(each, { force: true })
    }
  }
  await writeAtomically(config, text)
}

/** How the evaluator of a plan is trained. */
const evaluatorOf = ({ evaluation }: CascadePlan): string =>
  JSON.stringify([evaluation?.features, evaluation?.training])
