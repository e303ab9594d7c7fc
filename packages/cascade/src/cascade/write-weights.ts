import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { writeSafetensors } from '@cascade-diffusion/checkpoints'
import type { TrainedClassifier } from '../classifier/trained-classifier.ts'
import type { StageDescription } from '../stage/stage-config.ts'
import { classifierFormat, stageFormat } from './read-weights.ts'

/**
 * Writes the weights of a stage under this library's names, with its description. The safetensors file has a quarter of
 * the size of a training checkpoint; `fromPretrained` of `pretrained` reads it.
 * @throws as `writeSafetensors`.
 */
export const writeStage = (path: string, stage: StageDescription, params: Params<NDArray>): Promise<void> =>
  writeSafetensors(path, params, { format: stageFormat, stage: JSON.stringify(stage) })

/** Writes a classifier's weights, with its configuration. @throws as `writeSafetensors`. */
export const writeClassifier = (path: string, { classifier, params }: TrainedClassifier): Promise<void> =>
  writeSafetensors(path, params, { format: classifierFormat, classifier: JSON.stringify(classifier.config) })
