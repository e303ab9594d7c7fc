import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'

/**
 * The one-hot rows of labels, float32 [...labels, classes]: 1 at the label and 0 elsewhere; 0 everywhere for a label
 * that is not a class. `tf.oneHot` refuses a single class; this does not.
 * @throws if there is no class.
 */
export function oneHot(labels: tf.Tensor, classes: number): tf.Tensor {
  if (!Number.isInteger(classes) || classes < 1)
    throw new CascadeError('input', `oneHot: expected at least 1 class, got ${classes}`)
  return tf.cast(tf.equal(tf.expandDims(labels, -1), tf.range(0, classes, 1, 'int32')), 'float32')
}
