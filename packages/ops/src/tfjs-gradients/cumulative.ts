import * as tf from '@tensorflow/tfjs-core'

/** The gradient of a cumulative sum goes the other way. tfjs's own is right along the last axis only. */
export const cumsumGradient: tf.GradConfig = {
  kernelName: 'Cumsum',
  inputsToSave: ['x'],
  gradFunc: (dy, _, attrs) => {
    const { axis, exclusive, reverse } = attrs as unknown as { axis: number; exclusive: boolean; reverse: boolean }
    return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) }
  },
}

/**
 * The gradient of a product for an element is the product of all others: of those before it and of those after it, so
 * that zeros do no harm. tfjs's own needs chained operations, which tfjs-core alone does not have.
 */
export const prodGradient: tf.GradConfig = {
  kernelName: 'Prod',
  inputsToSave: ['x'],
  gradFunc: (dy, [saved], attrs) => ({
    x: () => {
      const x = saved!
      const axes = tf.util.parseAxisParam(attrs.axis as number[], x.shape)
      const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i))
      const perm = [...kept, ...axes]
      const shape = perm.map((i) => x.shape[i]!)
      const outer = tf.util.sizeFromShape(kept.map((i) => x.shape[i]!))
      const rows = tf.reshape(tf.transpose(x, perm), [outer, x.size / outer])
      const others = tf.mul(tf.cumprod(rows, 1, true), tf.cumprod(rows, 1, true, true))
      const back = perm.map((_, i) => perm.indexOf(i))
      const slope = tf.transpose(tf.reshape(others, shape), back)
      const ones = x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
      return tf.mul(slope, tf.reshape(dy as tf.Tensor, ones))
    },
  }),
}
