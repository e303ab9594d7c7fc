import { CascadeError } from '@cascade-diffusion/checks'
import * as tf from '@tensorflow/tfjs-core'

/**
 * The rows of the identity that labels name, float32 [...labels, classes]: 1 at the label, 0 elsewhere, all 0 for a label
 * that is no class. Any number of classes from 1 on; `tf.oneHot` refuses a single one.
 * @throws if there is no class.
 */
export function oneHot(labels: tf.Tensor, classes: number): tf.Tensor {
  if (!Number.isInteger(classes) || classes < 1)
    throw new CascadeError('input', `oneHot: expected at least 1 class, got ${classes}`)
  return tf.cast(tf.equal(tf.expandDims(labels, -1), tf.range(0, classes, 1, 'int32')), 'float32')
}
