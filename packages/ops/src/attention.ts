import * as tf from '@tensorflow/tfjs-core'

/**
 * Scaled dot-product attention (Vaswani et al. 2017): softmax(q kᵀ / √D) v.
 * @param q [..., L, D] queries.
 * @param k [..., M, D] keys, with the leading axes of `q`.
 * @param v [..., M, E] values.
 * @returns [..., L, E].
 */
export function attention<T extends tf.Tensor>(q: T, k: T, v: T): T {
  const depth = q.shape[q.rank - 1] as number
  const scores = tf.matMul(tf.mul(q, 1 / Math.sqrt(depth)), k, false, true)
  return tf.matMul(tf.softmax(scores), v)
}
