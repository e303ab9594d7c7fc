import { join } from 'node:path'
import { CascadeError, checkOptions } from '@cascade-diffusion/checks'
import { fromFile } from '../stage/from-file.ts'
import type { LoadStageOptions } from '../stage/load-stage.ts'
import { type Cascade, type CascadeStage, checkCascade } from './cascade.ts'
import { type ManifestStage, readManifest } from './manifest.ts'
import { readClassifier, readStage } from './weights-files.ts'

/** Options of {@link loadCascade}. */
export interface LoadCascadeOptions {
  /**
   * The custom networks and augmentations, by the names of their stages. A folder holds their descriptions, not their
   * code.
   */
  readonly custom?: Readonly<Record<string, LoadStageOptions>>
}

/**
 * Reads a cascade that {@link saveCascade} wrote. Its samples are the same, to the last bit, as those of the saved one.
 * @throws if a file is missing, corrupt or of another kind; if a stage needs custom code that is not handed in; or if
 * the code is not what the stage was trained with.
 */
export async function loadCascade(folder: string, options: LoadCascadeOptions = {}): Promise<Cascade> {
  const where = 'loadCascade'
  checkOptions(where, options, { custom: true })
  const { custom = {} } = options
  const manifest = await readManifest(where, folder)
  const names = manifest.stages.map(({ file }) => file.replace(/\.safetensors$/, ''))
  const other = Object.keys(custom).find((name) => !names.includes(name))
  if (other !== undefined)
    throw new CascadeError('input', `${where}: expected custom code for ${names.join(', ')}, got some for '${other}'`)
  const stages: CascadeStage[] = []
  for (const [i, described] of manifest.stages.entries())
    stages.push(await readFiles(folder, described, custom[names[i] as string]))
  const cascade = { stages }
  fromFile(where, () => checkCascade(folder, cascade))
  return cascade
}

async function readFiles(
  folder: string,
  { file, level, sampling, classifier }: ManifestStage,
  custom: LoadStageOptions | undefined,
): Promise<CascadeStage> {
  const trained = await readStage(join(folder, file), custom)
  if (!classifier) return { ...trained, level, sampling }
  const guide = await readClassifier(join(folder, classifier.file))
  const guidance = { name: 'classifier', classifier: guide, scale: classifier.scale } as const
  return { ...trained, level, sampling: { ...sampling, guidance } }
}
