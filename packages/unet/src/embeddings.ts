import { silu } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import type { UNetCondition } from './condition.ts'
import { linear, type Params, parameter } from './layers.ts'
import type { Plan } from './plan.ts'

/**
 * Sinusoidal embedding (Vaswani et al. 2017) of numbers such as timesteps: the cosines of t · 10000^(-i/(width/2)), i from 0,
 * then the sines.
 * @param t [N], float32 or int32; fractions are fine.
 * @returns [N, width], for an even width.
 */
export function timestepEmbedding(t: tf.Tensor1D, width: number): tf.Tensor2D {
  const half = width / 2
  const frequencies = Array.from({ length: half }, (_, i) => 10000 ** (-i / half))
  const angles = tf.mul(tf.reshape(tf.cast(t, 'float32'), [-1, 1]), tf.tensor2d(frequencies, [1, half]))
  return tf.concat([tf.cos(angles), tf.sin(angles)], 1) as tf.Tensor2D
}

/** What the residual blocks are told: the embeddings of time, and of class and augmentation level if given, added. [N, plan.embedding] */
export function embed(params: Params, plan: Plan, noise: tf.Tensor1D, condition: UNetCondition): tf.Tensor2D {
  const ofNumber = (name: string, x: tf.Tensor1D) =>
    linear(params, `${name}.1`, silu(linear(params, `${name}.0`, timestepEmbedding(x, plan.embedding / 4))))
  let embedding = ofNumber('time', noise)
  if (condition.augmentationLevel) embedding = tf.add(embedding, ofNumber('augmentation', condition.augmentationLevel))
  if (condition.label) {
    const table = parameter<tf.Tensor2D>(params, 'label.embedding')
    // A product with one-hot rows rather than a gather, whose gradient scatters.
    const oneHot = tf.oneHot(condition.label, table.shape[0], 1, 0, 'float32') as tf.Tensor2D
    embedding = tf.add(embedding, tf.matMul(oneHot, table))
  }
  return embedding
}
