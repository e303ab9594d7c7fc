import * as tf from '@tensorflow/tfjs-core'

const identity = tf.customGrad((...args) => ({
  value: tf.clone(args[0] as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
}))

/** The same tensor, constant for gradients: nothing flows back through it. */
export const stopGradient = <T extends tf.Tensor>(x: T): T => identity(x) as T
