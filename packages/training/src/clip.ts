import * as tf from '@tensorflow/tfjs-core'

/**
 * Scales gradients together so that the norm over all of them is at most `maxNorm`, as PyTorch's `clip_grad_norm_`:
 * each is multiplied by min(1, maxNorm / (norm + 1e-6)). Traceable.
 * @returns the scaled gradients, and the norm before scaling.
 */
export function clipByGlobalNorm<T extends tf.Tensor>(
  gradients: readonly T[],
  maxNorm: number,
): { gradients: T[]; norm: tf.Scalar } {
  const squares = gradients.map((g) => tf.sum(tf.square(g)))
  const norm = tf.sqrt(tf.addN(squares)) as tf.Scalar
  if (maxNorm === Number.POSITIVE_INFINITY) return { gradients: [...gradients], norm }
  const scale = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1)
  return { gradients: gradients.map((g) => tf.mul(g, scale)), norm }
}
