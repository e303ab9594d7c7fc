import type { Params } from '@cascade-diffusion/arrays'
import { silu } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import type { UNetCondition } from '../condition.ts'
import type { CompleteUNetConfig } from '../config/config.ts'
import type { NetworkPlan } from '../plan.ts'
import { linear, parameter } from './layers.ts'

/**
 * Sinusoidal embedding (Vaswani et al. 2017) of numbers such as timesteps: the cosines of t · 10000^(-i/(width/2 -
 * frequencyShift)) for i from 0, then the sines.
 * @param t [N], float32 or int32, fractions included.
 * @param frequencyShift 0, or 1 as in tensor2tensor and the original DDPM, where the last frequency is 1/10000.
 * @returns [N, width], for an even width.
 */
export function timestepEmbedding(t: tf.Tensor1D, width: number, frequencyShift = 0): tf.Tensor2D {
  const half = width / 2
  const frequencies = Array.from({ length: half }, (_, i) => 10000 ** (-i / (half - frequencyShift)))
  const angles = tf.mul(tf.reshape(tf.cast(t, 'float32'), [-1, 1]), tf.tensor2d(frequencies, [1, half]))
  return tf.concat([tf.cos(angles), tf.sin(angles)], 1) as tf.Tensor2D
}

/**
 * The factor of a noise level √ᾱ in (0, 1] before its embedding: C of WaveGrad (Chen et al. 2021, Section 3), as in
 * SR3.
 */
const noiseLevelScale = 5000

/**
 * The embedding that conditions the residual blocks, [N, plan.embedding]: the sum of the embeddings of the time or
 * noise level, and of the class and augmentation level if given.
 */
export function embed(
  params: Params<tf.Tensor>,
  { noiseEmbedding }: Pick<CompleteUNetConfig, 'noiseEmbedding'>,
  plan: NetworkPlan,
  noise: tf.Tensor1D,
  condition: UNetCondition,
): tf.Tensor2D {
  const shift = noiseEmbedding.name === 'timestep' ? noiseEmbedding.frequencyShift : 0
  const ofNumber = (name: string, x: tf.Tensor1D) =>
    linear(params, `${name}.1`, silu(linear(params, `${name}.0`, timestepEmbedding(x, plan.embedding / 4, shift))))
  const isLevel = noiseEmbedding.name === 'noise-level'
  let embedding = ofNumber('time', isLevel ? tf.mul(noise, noiseLevelScale) : noise)
  if (condition.augmentationLevel) embedding = tf.add(embedding, ofNumber('augmentation', condition.augmentationLevel))
  if (condition.label) {
    const table = parameter<tf.Tensor2D>(params, 'label.embedding')
    // A product with one-hot rows, since the gradient of a gather scatters.
    embedding = tf.add(embedding, tf.matMul(oneHot(condition.label, table.shape[0]), table))
  }
  return embedding
}

/**
 * One-hot rows of labels, [N, classes]; a row of zeros for -1. The lookup of any other label is outside of a table.
 * Most engines refuse that; on the others the row is zeros.
 */
function oneHot(label: tf.Tensor1D, classes: number): tf.Tensor2D {
  const numbers = Int32Array.from({ length: classes + 1 }, (_, i) => i - 1)
  const place = tf.add(label, tf.scalar(1, 'int32'))
  // Some engines count negative indices from the end. An index past the end is out of range everywhere.
  const checked = tf.where(tf.less(place, 0), tf.scalar(classes + 1, 'int32'), place)
  const found = tf.gather(tf.tensor1d(numbers, 'int32'), tf.cast(checked, 'int32'))
  const isClass = tf.equal(tf.expandDims(label, 1), tf.tensor2d(numbers.subarray(1), [1, classes], 'int32'))
  const isRight = tf.expandDims(tf.equal(found, label), 1)
  return tf.mul(tf.cast(isClass, 'float32'), tf.cast(isRight, 'float32'))
}
