import * as tf from '@tensorflow/tfjs-core'

/** Sums over the axes along which an operand of `shape` was broadcast. */
export function sumTo(dy: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.backend_util.getReductionAxes([...shape], dy.shape)
  const sum = axes.length > 0 ? tf.sum(dy, axes) : dy
  return tf.reshape(sum, [...shape])
}

export const floats = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'float32')

/** The gradient config of a kernel of two operands that broadcast, `a` and `b` unless they have other names. */
export const ofTwo = (
  kernelName: string,
  slopes: {
    /** The gradient of each operand, of the shape of the result. */
    readonly a: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, y: tf.Tensor) => tf.Tensor
    readonly b: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, y: tf.Tensor) => tf.Tensor
  },
  keepsResult = false,
): tf.GradConfig => ({
  kernelName,
  inputsToSave: ['a', 'b'],
  ...(keepsResult && { outputsToSave: [true] }),
  gradFunc: (dy, saved) => {
    const [a, b, y] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
    return {
      a: () => sumTo(slopes.a(dy as tf.Tensor, a, b, y), a.shape),
      b: () => sumTo(slopes.b(dy as tf.Tensor, a, b, y), b.shape),
    }
  },
})
