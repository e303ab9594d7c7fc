import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { labelLogProbability } from '@cascade-diffusion/losses'
import { closeOver, type Encoder, type UNetCondition } from '@cascade-diffusion/unet'
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/** A classifier with its weights: the moving average of training. */
export interface TrainedClassifier {
  readonly classifier: Encoder
  readonly params: Params<NDArray>
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
