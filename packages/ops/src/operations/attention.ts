import * as tf from '@tensorflow/tfjs-core'
import { runNamedKernel } from './named-kernel.ts'

/**
 * Scaled dot-product attention (Vaswani et al. 2017): softmax(q kᵀ / √D) v. Runs the kernel `Attention` {q, k, v} if
 * the backend has one. Its gradient is then the kernel `AttentionGrad` {dy, q, k, v}, with results [dq, dk, dv].
 * @param q [..., L, D] queries.
 * @param k [..., M, D] keys, with the leading axes of `q`.
 * @param v [..., M, E] values.
 * @returns [..., L, E].
 */
export function attention<T extends tf.Tensor>(q: T, k: T, v: T): T {
  const run = runNamedKernel('Attention', { q, k, v })
  if (run) return run as T
  const scores = tf.matMul(tf.mul(q, attentionScale(q)), k, false, true)
  return tf.matMul(tf.softmax(scores), v)
}

/** 1/√D. */
const attentionScale = (q: tf.Tensor): number => 1 / Math.sqrt(q.shape[q.rank - 1] as number)

export const attentionGradient: tf.GradConfig = {
  kernelName: 'Attention',
  inputsToSave: ['q', 'k', 'v'],
  gradFunc: (dy, [q, k, v]) => {
    const inputs = { dy: dy as tf.Tensor, q: q!, k: k!, v: v! }
    const [dq, dk, dv] = tf.engine().runKernel('AttentionGrad', inputs) as tf.Tensor[]
    return { q: () => dq!, k: () => dk!, v: () => dv! }
  },
}
