import type { ConditioningAugmentation } from '@cascade-diffusion/conditioning-augmentation'
import * as tf from '@tensorflow/tfjs-core'

/** The deviates that standard normal noise exceeds with probability 0, 0.1, … 0.9. */
const quantiles = [1e9, 1.2816, 0.8416, 0.5244, 0.2533, 0, -0.2533, -0.5244, -0.8416, -1.2816]

/**
 * Blanks pixels of the small image at random: each to middle grey with probability level / 10. The network is told the
 * level, so that one model serves all.
 */
export const pixelDropout: ConditioningAugmentation = {
  name: 'pixel-dropout',
  maxLevel: quantiles.length - 1,
  embedsLevel: true,
  sampleLevels: (n, rng) => rng.integers([n], 0, quantiles.length),
  apply(z, level, noise) {
    // A function of tensors alone, so that it can be compiled: a table and a comparison instead of branches.
    const threshold = tf.reshape(tf.gather(tf.tensor1d(quantiles), level), [-1, 1, 1, 1])
    const kept = tf.cast(tf.lessEqual(tf.slice(noise, 0, [-1, -1, -1, 1]), threshold), 'float32')
    return tf.mul(z, kept)
  },
}
