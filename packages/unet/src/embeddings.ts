import type { Params } from '@cascade-diffusion/arrays'
import { silu } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import type { UNetCondition } from './condition.ts'
import type { CompleteUNetConfig } from './config.ts'
import { linear, parameter } from './layers.ts'
import type { Plan } from './plan.ts'

/**
 * Sinusoidal embedding (Vaswani et al. 2017) of numbers such as timesteps: the cosines of
 * t · 10000^(-i/(width/2 - frequencyShift)), i from 0, then the sines.
 * @param t [N], float32 or int32; fractions are fine.
 * @param frequencyShift 0, or 1 as in tensor2tensor and DDPM's original: the last frequency is then 1/10000 itself.
 * @returns [N, width], for an even width.
 */
export function timestepEmbedding(t: tf.Tensor1D, width: number, frequencyShift = 0): tf.Tensor2D {
  const half = width / 2
  const frequencies = Array.from({ length: half }, (_, i) => 10000 ** (-i / (half - frequencyShift)))
  const angles = tf.mul(tf.reshape(tf.cast(t, 'float32'), [-1, 1]), tf.tensor2d(frequencies, [1, half]))
  return tf.concat([tf.cos(angles), tf.sin(angles)], 1) as tf.Tensor2D
}

/** By which a noise level √ᾱ in (0, 1] is multiplied before its embedding: WaveGrad's C (Chen et al. 2021, Section 3), as in SR3. */
const noiseLevelScale = 5000

/**
 * What the residual blocks are told: the embeddings of time or noise level, and of class and augmentation level if given,
 * added. [N, plan.embedding]
 */
export function embed(
  params: Params<tf.Tensor>,
  { noiseEmbedding }: Pick<CompleteUNetConfig, 'noiseEmbedding'>,
  plan: Plan,
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
    // A product with one-hot rows rather than a gather, whose gradient scatters.
    embedding = tf.add(embedding, tf.matMul(oneHot(condition.label, table.shape[0]), table))
  }
  return embedding
}

/**
 * Rows of zeros with a 1 in the place of each label, of zeros alone for -1: [N, classes]. What any other number is looked up by lies
 * outside of a table, which engines refuse; one that does not has zeros for it.
 */
function oneHot(label: tf.Tensor1D, classes: number): tf.Tensor2D {
  const numbers = Int32Array.from({ length: classes + 1 }, (_, i) => i - 1)
  const place = tf.add(label, tf.scalar(1, 'int32'))
  // Some engines count negative indices from the end: they are sent past it.
  const checked = tf.where(tf.less(place, 0), tf.scalar(classes + 1, 'int32'), place)
  const found = tf.gather(tf.tensor1d(numbers, 'int32'), tf.cast(checked, 'int32'))
  const isClass = tf.equal(tf.expandDims(label, 1), tf.tensor2d(numbers.subarray(1), [1, classes], 'int32'))
  const isRight = tf.expandDims(tf.equal(found, label), 1)
  return tf.mul(tf.cast(isClass, 'float32'), tf.cast(isRight, 'float32'))
}
