import { int32 } from '@cascade-diffusion/arrays'
import { add, gather, mul, reshape, type Tensor1D, type Tensor4D, tensor1d } from '@tensorflow/tfjs-core'
import type { ConditioningAugmentation } from '../augmentation.ts'
import { drawLevels } from '../draw-levels.ts'
import { drawNoise, type NoiseRange } from './noise-range.ts'

/** What noise at whole levels draws. */
export type DiscreteNoiseDraw = {
  /** s of each image, int32 [n]. */
  readonly level: Tensor1D
  /** Standard normal noise of the shape of the images. */
  readonly noise: Tensor4D
}

/**
 * z_s = alpha z + sigma ε for a whole number s that is uniform over a range in training; the network is conditioned on
 * it. Not variance-preserving: z + (sigma / alpha) ε.
 */
export function discreteNoise(range: NoiseRange): ConditioningAugmentation<DiscreteNoiseDraw> {
  const { name, minLevel, maxLevel, variancePreserving, noiseLevel } = range
  const kept = Array.from({ length: maxLevel + 1 }, (_, s) => noiseLevel(s))
  const alphas = Float32Array.from(kept, ({ alpha }) => alpha)
  const sigmas = Float32Array.from(kept, ({ alpha, sigma }) => (variancePreserving ? sigma : sigma / alpha))
  return {
    name,
    minLevel,
    maxLevel,
    noiseLevel: variancePreserving ? noiseLevel : undefined,
    draw(options) {
      return { level: int32(drawLevels(options, { minLevel, maxLevel })), noise: drawNoise(options) }
    },
    apply(z, { level, noise }) {
      const image = variancePreserving ? mul(atLevels(alphas, level), z) : z
      return add(image, mul(atLevels(sigmas, level), noise))
    },
  }
}

/** The entries of a table at levels int32 [N], as [N,1,1,1]. */
const atLevels = (table: Float32Array, level: Tensor1D): Tensor4D =>
  reshape(gather(tensor1d(table), level), [level.shape[0], 1, 1, 1])
