import { readdir } from 'node:fs/promises'
import { CascadeError } from '@cascade-diffusion/checks'
import { type ManifestStage, manifestFile, readManifest } from './manifest.ts'

/** The files of weights of a stage. */
const filesOf = (stage: ManifestStage): string[] =>
  'file' in stage ? [stage.file, ...(stage.classifier ? [stage.classifier.file] : [])] : []

/** @throws unless a folder holds a saved cascade and nothing else: saving another one removes its contents. */
export async function checkSavedCascade(where: string, folder: string): Promise<void> {
  const names = await readdir(folder)
  const found = names.includes(manifestFile) ? await readManifest(where, folder).catch(() => undefined) : undefined
  const known = found?.stages.flatMap(filesOf)
  const other = known ? names.find((name) => name !== manifestFile && !known.includes(name)) : names[0]
  if (other !== undefined)
    throw new CascadeError(
      'input',
      `${where}: expected an empty folder or a saved cascade, got ${folder} with '${other}' in it`,
    )
}
