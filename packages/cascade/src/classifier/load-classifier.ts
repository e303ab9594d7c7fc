import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError, parseConfig, schema, shown } from '@cascade-diffusion/checks'
import { type ProcessConfig, processSchema } from '@cascade-diffusion/diffusion'
import { labelLogProbability } from '@cascade-diffusion/losses'
import { loadEma } from '@cascade-diffusion/training'
import {
  closeOver,
  type Encoder,
  type EncoderConfig,
  encoder,
  encoderSchema,
  type UNetCondition,
} from '@cascade-diffusion/unet'
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { fromFile } from '../stage/from-file.ts'
import { type ClassifierDescription, migrateClassifier } from './train-classifier.ts'

/** A classifier with its weights: the moving average of training. */
export interface TrainedClassifier {
  readonly classifier: Encoder
  readonly params: Params<NDArray>
}

/** A classifier from its checkpoint, with its classes and the images that it was trained on. */
export interface LoadedClassifier extends TrainedClassifier {
  readonly process: ProcessConfig
  /** The class of each output. */
  readonly classNames: readonly string[]
  /** Whether it was trained on images at all noise levels, or on clean ones only. */
  readonly noised: boolean
}

const classifierSchema = schema.record<
  Omit<ClassifierDescription, 'classifier'> & { readonly classifier: EncoderConfig }
>({
  classifier: encoderSchema,
  process: processSchema,
  classNames: schema.list(schema.text(), 1),
  noised: schema.flag(),
})

/**
 * Reads a classifier from its checkpoint, which describes it in full.
 * @throws if the file is missing, corrupt, or not a classifier's.
 */
export async function loadClassifier(path: string): Promise<LoadedClassifier> {
  const { kind, config, params } = await loadEma(path)
  if (kind !== 'classifier')
    throw new CascadeError('checkpoint', `loadClassifier: expected a classifier in ${path}, got '${kind}'`)
  const { classifier, process, classNames, noised } = (migrateClassifier(config) ??
    {}) as Partial<ClassifierDescription>
  // Evaluators of experiments were once of this kind too.
  if (classifier === undefined || process === undefined)
    throw new CascadeError(
      'checkpoint',
      `loadClassifier: expected a classifier that trainClassifier made in ${path}, got ${shown(config)}`,
    )
  const described = { classifier, process, classNames, noised }
  const where = `loadClassifier: ${path}`
  const checked = parseConfig(where, classifierSchema, described, { code: 'checkpoint' })
  return { ...checked, classifier: fromFile(where, () => encoder(checked.classifier)), params }
}

/**
 * ln p(label | x_t) by a trained classifier: the `logProbability` of `classifierGuidance` of `diffusion`, for
 * conditions with a `label`.
 */
export function classifierLogProbability({ classifier, params }: TrainedClassifier) {
  const logits = closeOver(classifier, params)
  return (xt: Tensor4D, noise: Tensor1D, { label }: Pick<UNetCondition, 'label'>): Tensor1D => {
    if (!label) throw new CascadeError('input', 'classifierLogProbability: expected a condition with a label, got none')
    return labelLogProbability(logits(xt, noise), label)
  }
}
