import * as tf from '@tensorflow/tfjs-core'

/** The norm of all gradients together, as one vector. Traceable. */
export const globalNorm = (gradients: readonly tf.Tensor[]): tf.Scalar =>
  tf.sqrt(tf.addN(gradients.map((g) => tf.sum(tf.square(g))))) as tf.Scalar

/**
 * What gradients are multiplied by so that the norm of all together is at most `maxNorm`, as PyTorch's `clip_grad_norm_`:
 * min(1, maxNorm / (norm + 1e-6)).
 */
export const clipFactor = (norm: number, maxNorm: number): number =>
  maxNorm === Number.POSITIVE_INFINITY ? 1 : Math.min(1, maxNorm / (norm + 1e-6))
