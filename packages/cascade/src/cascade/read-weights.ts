import { readSafetensors, shownPlace } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import { encoder } from '@cascade-diffusion/unet'
import type { TrainedClassifier } from '../classifier/trained-classifier.ts'
import { describedStage, type LoadStageOptions, type TrainedStage } from '../stage/described-stage.ts'
import type { StageDescription } from '../stage/stage-config.ts'

/** The metadata `format` of a stage's weights. */
export const stageFormat = 'cascade-diffusion stage 1'
/** The metadata `format` of a classifier's weights. */
export const classifierFormat = 'cascade-diffusion classifier 1'

/** The description of a stage in the metadata of a file; undefined if `writeStage` did not write the file. */
export const writtenStage = ({ format, stage }: Readonly<Record<string, string>>): StageDescription | undefined =>
  format === stageFormat && stage ? (JSON.parse(stage) as StageDescription) : undefined

/**
 * Reads what `writeStage` wrote. @throws if the file is missing, corrupt or of another kind; and as `loadStage`.
 */
export async function readStage(path: string | URL, custom: LoadStageOptions = {}): Promise<TrainedStage> {
  const { tensors, metadata } = await readSafetensors(path)
  const described = writtenStage(metadata)
  if (!described)
    throw new CascadeError('checkpoint', `${shownPlace(path)}: expected a stage, got ${formatOf(metadata)}`)
  return { stage: describedStage(described, shownPlace(path), custom), params: tensors }
}

/** Reads what `writeClassifier` wrote. @throws if the file is missing, corrupt or of another kind. */
export async function readClassifier(path: string | URL): Promise<TrainedClassifier> {
  const { tensors, metadata } = await readSafetensors(path)
  const { format, classifier } = metadata
  if (format !== classifierFormat || !classifier)
    throw new CascadeError('checkpoint', `${shownPlace(path)}: expected a classifier, got ${formatOf(metadata)}`)
  return { classifier: encoder(JSON.parse(classifier)), params: tensors }
}

const formatOf = ({ format }: Readonly<Record<string, string>>): string =>
  format === undefined ? 'a file of weights alone' : `a file of the format '${format}'`
