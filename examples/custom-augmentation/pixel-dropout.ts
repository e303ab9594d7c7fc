import { float32, int32 } from '@cascade-diffusion/arrays'
import { type ConditioningAugmentation, drawLevels } from '@cascade-diffusion/conditioning-augmentation'
import * as tf from '@tensorflow/tfjs-core'

/**
 * Blanks pixels of the low-resolution image at random: each becomes middle grey with probability level / 10. The
 * network is conditioned on the level, so that one model serves all levels.
 */
export const pixelDropout: ConditioningAugmentation<{ level: tf.Tensor1D; kept: tf.Tensor4D }> = {
  name: 'pixel-dropout',
  maxLevel: 9,
  draw(options) {
    const { shape, rng, firstIndex = 0 } = options
    const [n, height, width] = shape as [number, number, number, number]
    // The draws of an image depend only on the key and its place in the whole set.
    const levels = drawLevels(options, { maxLevel: 9 })
    const pixels = height * width
    const coins = rng.fold('augmentation').uniform([n * pixels], firstIndex * pixels).data
    const kept = coins.map((coin, i) => Number(coin >= levels[Math.floor(i / pixels)]! / 10))
    return { level: int32(levels), kept: float32(kept, [n, height, width, 1]) }
  },
  // A function of tensors only, so that it can be compiled.
  apply: (z, { kept }) => tf.mul(z, kept),
}
