import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { readSafetensors, writeSafetensors } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import { encoder } from '@cascade-diffusion/unet'
import type { TrainedClassifier } from '../classifier/load-classifier.ts'
import { describedStage, type LoadStageOptions, type TrainedStage } from '../stage/load-stage.ts'
import type { StageDescription } from '../stage/stage-config.ts'

const stageFormat = 'cascade-diffusion stage 1'
const classifierFormat = 'cascade-diffusion classifier 1'

/**
 * Writes the weights of a stage under this library's names, with its description. The safetensors file has a quarter of
 * the size of a training checkpoint; `fromPretrained` of `pretrained` reads it.
 * @throws as `writeSafetensors`.
 */
export const writeStage = (path: string, stage: StageDescription, params: Params<NDArray>): Promise<void> =>
  writeSafetensors(path, params, { format: stageFormat, stage: JSON.stringify(stage) })

/** The description of a stage in the metadata of a file; undefined if {@link writeStage} did not write the file. */
export const writtenStage = ({ format, stage }: Readonly<Record<string, string>>): StageDescription | undefined =>
  format === stageFormat && stage ? (JSON.parse(stage) as StageDescription) : undefined

/**
 * Reads what {@link writeStage} wrote. @throws if the file is missing, corrupt or of another kind; and as `loadStage`.
 */
export async function readStage(path: string, custom: LoadStageOptions = {}): Promise<TrainedStage> {
  const { tensors, metadata } = await readSafetensors(path)
  const described = writtenStage(metadata)
  if (!described) throw new CascadeError('checkpoint', `${path}: expected a stage, got ${formatOf(metadata)}`)
  return { stage: describedStage(described, path, custom), params: tensors }
}

/** Writes a classifier's weights, with its configuration. @throws as `writeSafetensors`. */
export const writeClassifier = (path: string, { classifier, params }: TrainedClassifier): Promise<void> =>
  writeSafetensors(path, params, { format: classifierFormat, classifier: JSON.stringify(classifier.config) })

/** Reads what {@link writeClassifier} wrote. @throws if the file is missing, corrupt or of another kind. */
export async function readClassifier(path: string): Promise<TrainedClassifier> {
  const { tensors, metadata } = await readSafetensors(path)
  const { format, classifier } = metadata
  if (format !== classifierFormat || !classifier)
    throw new CascadeError('checkpoint', `${path}: expected a classifier, got ${formatOf(metadata)}`)
  return { classifier: encoder(JSON.parse(classifier)), params: tensors }
}

const formatOf = ({ format }: Readonly<Record<string, string>>): string =>
  format === undefined ? 'a file of weights alone' : `a file of the format '${format}'`
