import { join } from 'node:path'
import { CascadeError, shown } from '@cascade-diffusion/checks'
import { writeAtomically, writeFolderAtomically } from '@cascade-diffusion/files'
import {
  type Cascade,
  type CascadeStage,
  checkCascade,
  type DiffusionCascadeStage,
  isDiffusionStage,
  type PlainCascadeStage,
} from './cascade.ts'
import { checkSavedCascade } from './check-saved.ts'
import { type ManifestDiffusionStage, type ManifestStage, manifestFile, manifestText } from './manifest.ts'
import { configured, type StageSampling } from './stage-sampling.ts'
import { writeClassifier, writeStage } from './write-weights.ts'

/**
 * Saves a cascade to a folder: `cascade.json`, and a safetensors file for each stage, which describes itself. A new
 * folder is written and renamed, so that the folder holds the old cascade or the whole new one, never a part. A cascade
 * that was saved there before is replaced. A resampler is described in `cascade.json`. Another program's images are
 * described there too, but not saved: they are handed in again at loading.
 * @throws if the cascade is invalid or a sampling holds a value in place of a configuration, if the folder holds anything but a saved cascade, or if it cannot be written.
 */
export async function saveCascade(folder: string, cascade: Cascade): Promise<void> {
  const where = 'saveCascade'
  if (typeof folder !== 'string' || folder === '')
    throw new CascadeError('input', `${where}: expected the path of a folder, got ${shown(folder)}`)
  checkCascade(where, cascade)
  const saved = cascade.stages.map(savedStage)
  await writeFolderAtomically(
    folder,
    async (partial) => {
      const stages: ManifestStage[] = []
      for (const stage of saved) stages.push(await writeFiles(partial, stage))
      await writeAtomically(join(partial, manifestFile), manifestText(stages))
    },
    { checkReplaced: (old) => checkSavedCascade(where, old) },
  )
}

interface SavedDiffusionStage extends DiffusionCascadeStage {
  readonly sampling: StageSampling
}

type SavedStage = SavedDiffusionStage | PlainCascadeStage

function savedStage(given: CascadeStage): SavedStage {
  if (!isDiffusionStage(given)) return given
  const where = `saveCascade: sampling of stage '${given.stage.name}'`
  return { ...given, sampling: configured(where, given.sampling, 'a folder can hold') }
}

/** Writes the files of a stage. @returns what the manifest says of it. */
const writeFiles = async (folder: string, stage: SavedStage): Promise<ManifestStage> =>
  stage.params ? writeDiffusion(folder, stage) : describedPlain(stage)

function describedPlain({ stage }: PlainCascadeStage): ManifestStage {
  const { name, size, imageChannels } = stage
  const [height, width] = size
  const resolution = height === width ? height : size
  if (stage.kind === 'resample') return { kind: stage.kind, name, resolution, imageChannels, method: stage.method }
  const source = typeof stage.images === 'function' ? undefined : stage.images.name
  return { kind: stage.kind, name, resolution, imageChannels, classNames: stage.classNames, source }
}

async function writeDiffusion(folder: string, given: SavedDiffusionStage): Promise<ManifestDiffusionStage> {
  const { stage, params, level, truncated, sampling } = given
  const file = `${stage.name}.safetensors`
  await writeStage(join(folder, file), stage.description, params)
  const { guidance, ...rest } = sampling
  if (guidance?.name !== 'classifier') return { file, level, truncated, sampling }
  const classifier = `${stage.name}.classifier.safetensors`
  await writeClassifier(join(folder, classifier), guidance.classifier)
  return { file, level, truncated, sampling: rest, classifier: { file: classifier, scale: guidance.scale } }
}
