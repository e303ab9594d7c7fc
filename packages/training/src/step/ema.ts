import * as tf from '@tensorflow/tfjs-core'

/**
 * The decay of the moving average at update t = 0, 1, …: min(decay, (1 + t) / (10 + t)), so that early averages follow
 * the weights instead of remembering how they began.
 */
export const emaDecay = (t: number, decay: number): number => Math.min(decay, (1 + t) / (10 + t))

/** One update of an exponential moving average: decay · average + (1 - decay) · value. Traceable. */
export const emaUpdate = <T extends tf.Tensor>(average: T, value: T, decay: tf.Scalar): T =>
  tf.add(value, tf.mul(tf.sub(average, value), decay))
