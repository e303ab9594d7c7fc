import * as tf from '@tensorflow/tfjs-core'

/** The gradient of a cumulative sum is one in the other direction. tfjs's own is right along the last axis only. */
export const cumsumGradient: tf.GradConfig = {
  kernelName: 'Cumsum',
  inputsToSave: ['x'],
  gradFunc: (dy, _, attrs) => {
    const { axis, exclusive, reverse } = attrs as unknown as { axis: number; exclusive: boolean; reverse: boolean }
    return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) }
  },
}

/**
 * The gradient of a product by an element is the product of the elements before it and of those after it; zeros do no
 * harm. tfjs's own needs chained operations, which tfjs-core alone lacks.
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

/** The elements `by` places further along the last axis; zeros follow. */
function ahead(x: tf.Tensor2D, by: number): tf.Tensor2D {
  const [rows, n] = x.shape
  return tf.pad(tf.slice(x, [0, by], [rows, n - by]), [[0, 0], [0, by]]) // biome-ignore format: a row for each axis
}

/**
 * The gradient of a cumulative product by x_i is the product of the elements before it, times Σ_k≥i dy_k x_i+1 … x_k.
 * Each step computes the sums S_i = dy_i + x_i+1 S_i+1 of twice as many elements, without a division; zeros do no harm.
 */
export const cumprodGradient: tf.GradConfig = {
  kernelName: 'Cumprod',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => ({
    x: () => {
      const x = saved[0]!
      const { exclusive, reverse } = attrs as unknown as { exclusive: boolean; reverse: boolean }
      const axis = tf.util.parseAxisParam(attrs.axis as number, x.shape)[0]!
      const last = x.rank - 1
      const perm = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i))
      const n = x.shape[axis]!
      const rows = (y: tf.Tensor) => {
        const flat = tf.reshape(tf.transpose(tf.cast(y, 'float32'), perm), [x.size / n, n]) as tf.Tensor2D
        return reverse ? tf.reverse(flat, 1) : flat
      }
      const factors = rows(x)
      let sums = exclusive ? ahead(rows(dy as tf.Tensor), 1) : rows(dy as tf.Tensor)
      let next = ahead(factors, 1)
      for (let by = 1; by < n; by *= 2) {
        sums = tf.add(sums, tf.mul(next, ahead(sums, by)))
        next = tf.mul(next, ahead(next, by))
      }
      const slope = tf.mul(tf.cumprod(factors, 1, true), sums)
      const turned = reverse ? tf.reverse(slope, 1) : slope
      return tf.transpose(
        tf.reshape(
          turned,
          perm.map((i) => x.shape[i]!),
        ),
        perm,
      )
    },
  }),
}
