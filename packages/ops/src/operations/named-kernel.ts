import * as tf from '@tensorflow/tfjs-core'

/**
 * Runs the kernel of that name if the current backend has one, differentiably if a gradient is registered for it.
 * Returns `undefined` otherwise; the caller then composes the operation from primitives.
 */
export const runNamedKernel = (
  name: string,
  inputs: tf.NamedTensorMap,
  attrs: tf.NamedAttrMap = {},
): tf.Tensor | tf.Tensor[] | undefined =>
  tf.getKernel(name, tf.getBackend()) && tf.engine().runKernel(name, inputs, attrs)
