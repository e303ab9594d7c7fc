import { CascadeError, parseConfig, schema, shown } from '@cascade-diffusion/checks'
import { type ProcessConfig, processSchema } from '@cascade-diffusion/diffusion'
import { loadEma } from '@cascade-diffusion/training'
import { type EncoderConfig, encoder, encoderSchema } from '@cascade-diffusion/unet'
import { fromFile } from '../stage/from-file.ts'
import { type ClassifierDescription, migrateClassifier } from './train-classifier.ts'
import type { TrainedClassifier } from './trained-classifier.ts'

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
