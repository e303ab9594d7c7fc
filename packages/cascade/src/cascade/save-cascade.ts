import { join } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { writeAtomically, writeFolderAtomically } from '@cascade-diffusion/files'
import { type Cascade, type CascadeStage, checkCascade } from './cascade.ts'
import { checkSavedCascade, type ManifestStage, manifestFile, manifestText } from './manifest.ts'
import { writeClassifier, writeStage } from './weights-files.ts'

/**
 * Saves a cascade to a folder: `cascade.json`, and a safetensors file for each stage, which describes itself. A new
 * folder is written and renamed, so that the folder holds the old cascade or the whole new one, never a part. A cascade
 * that was saved there before is replaced.
 * @throws if the cascade is invalid, if the folder holds anything but a saved cascade, or if it cannot be written.
 */
export async function saveCascade(folder: string, cascade: Cascade): Promise<void> {
  const where = 'saveCascade'
  if (typeof folder !== 'string' || folder === '')
    throw new CascadeError('input', `${where}: expected the path of a folder, got ${shown(folder)}`)
  checkCascade(where, cascade)
  await writeFolderAtomically(
    folder,
    async (partial) => {
      const stages: ManifestStage[] = []
      for (const stage of cascade.stages) stages.push(await writeFiles(partial, stage))
      await writeAtomically(join(partial, manifestFile), manifestText(stages))
    },
    { checkReplaced: (old) => checkSavedCascade(where, old) },
  )
}

/** Writes the files of a stage. @returns what the manifest says of it. */
async function writeFiles(folder: string, { stage, params, level, sampling }: CascadeStage): Promise<ManifestStage> {
  const file = `${stage.name}.safetensors`
  await writeStage(join(folder, file), stage.description, params)
  const { guidance, ...rest } = sampling
  if (guidance?.name !== 'classifier') return { file, level, sampling }
  const classifier = `${stage.name}.classifier.safetensors`
  await writeClassifier(join(folder, classifier), guidance.classifier)
  return { file, level, sampling: rest, classifier: { file: classifier, scale: guidance.scale } }
}
