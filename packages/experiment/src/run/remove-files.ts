import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { claimFile, fileError, previousFolder } from '@cascade-diffusion/files'
import { previousPath } from '@cascade-diffusion/training'
import { EVALUATOR } from '../plan/check-plan.ts'
import { checkpointPath, modelsOf, type PlaceOfRun, runFiles } from './run-files.ts'

/** Files that are being written, or tried. */
const unfinished = [/\.partial$/, /\.trial\.\d+$/, /\.next\.safetensors$/, new RegExp(`^${claimFile}\\.`)]

/** Removes what a killed process has left half-written in a run that is claimed. */
export async function removeLeftovers({ out, plan }: PlaceOfRun): Promise<void> {
  const { checkpoints, samples, cascade } = runFiles(out)
  const stages = plan.stages.map(({ name }) => join(samples, name))
  for (const folder of [out, checkpoints, join(checkpoints, plan.name), ...stages])
    for (const name of await readdir(folder).catch(() => []))
      if (unfinished.some((pattern) => pattern.test(name))) await removed(join(folder, name))
  // The crash may have come while one folder took the other's place.
  const previous = previousFolder(cascade)
  if (existsSync(previous) && !existsSync(cascade)) await rename(previous, cascade)
  await removed(previous)
}

/** Removes models, with all that was made of them: of a run that is to start over. */
export async function removeModels(place: PlaceOfRun, models: readonly string[]): Promise<void> {
  const { samples, log, tensorboard, cascade, config } = runFiles(place.out)
  for (const model of models) {
    await removeOlder(place, model)
    await removed(checkpointPath(place, model))
    await removed(join(samples, model))
  }
  if (models.some((model) => model !== EVALUATOR)) await removed(cascade)
  if (modelsOf(place.plan).every((model) => models.includes(model)))
    for (const path of [config, samples, log, tensorboard]) await removed(path)
  await removeResults(place)
}

/** Removes the checkpoint before the one of a model that is trained: what is left is the same however it was trained. */
export const removeOlder = (place: PlaceOfRun, model: string): Promise<void> =>
  removed(previousPath(checkpointPath(place, model)))

/** Removes what was made of weights, or of a plan, that are others now. */
export async function removeResults({ out }: Pick<PlaceOfRun, 'out'>): Promise<void> {
  const { metrics, pictures, search } = runFiles(out)
  for (const path of [metrics, ...pictures, search]) await removed(path)
}

async function removed(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch((cause) => {
    throw fileError(path, cause)
  })
}
