import { CascadeError, type Entry, schema } from '@cascade-diffusion/checks'
import { imageSize, shownSize } from '@cascade-diffusion/data'
import { classifierGuidance, denoiser } from '@cascade-diffusion/diffusion'
import { classifierLogProbability, type TrainedClassifier } from '../../classifier/trained-classifier.ts'
import type { GuidanceContext, GuidedModel } from './guided-model.ts'

/**
 * Guidance of a class-conditional stage by a classifier of noisy images (Dhariwal & Nichol 2021), which was trained on
 * the stage's process and resolution.
 */
export interface ClassifierGuidanceConfig {
  readonly name: 'classifier'
  /** With its weights, as `loadClassifier` gives it. */
  readonly classifier: TrainedClassifier
  /** s, the strength of guidance; 0 is the network as it is. */
  readonly scale: number
}

const isTrained = (value: unknown): boolean => {
  const { classifier, params } = (value ?? {}) as Partial<TrainedClassifier>
  return typeof classifier?.apply === 'function' && typeof params === 'object'
}

/** The entry of the table. */
export const classifier: Entry<ClassifierGuidanceConfig, GuidedModel, [GuidanceContext]> = {
  name: 'classifier',
  schema: schema.record<ClassifierGuidanceConfig>({
    name: schema.oneOf(['classifier']),
    classifier: schema.value('a trained classifier, as loadClassifier gives it', isTrained),
    scale: schema.number(),
  }),
  make({ classifier, scale }, { stage, network, process, processX0 }) {
    const { name, classNames, size } = stage
    const { classes, resolution } = classifier.classifier.config
    const classified = imageSize('classifier', resolution)
    if (classNames?.length !== classes || String(classified) !== String(size))
      throw new CascadeError(
        'input',
        `stage '${name}': expected a classifier of ${classNames?.length ?? 'no'} classes at ${shownSize(size)}, as the stage has, ` +
          `got one of ${classes} at ${shownSize(classified)}`,
      )
    const unguided = denoiser({ network, process }, { processX0 })
    return { denoiser: classifierGuidance(unguided, { logProbability: classifierLogProbability(classifier), scale }) }
  },
}
