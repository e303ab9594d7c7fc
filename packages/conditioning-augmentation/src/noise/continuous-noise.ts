import { float32 } from '@cascade-diffusion/arrays'
import { add, mul, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import type { ConditioningAugmentation, LevelNoise } from '../augmentation.ts'
import { drawLevels } from '../draw-levels.ts'
import { drawNoise, type NoiseRange } from './noise-range.ts'

/** What noise at levels in continuous time draws. */
export type ContinuousNoiseDraw = {
  /** What the network is conditioned on, float32 [n]. */
  readonly level: Tensor1D
  /** The factors of the images, [n,1,1,1]. */
  readonly alpha: Tensor4D
  /** The factors of the noise, [n,1,1,1]. */
  readonly sigma: Tensor4D
  /** Standard normal noise of the shape of the images. */
  readonly noise: Tensor4D
}

/**
 * z_s = alpha z + sigma ε for a number s that is uniform over a range in training. Not variance-preserving:
 * z + (sigma / alpha) ε.
 * @param condition what the network is conditioned on at s.
 */
export function continuousNoise(
  { name, minLevel, maxLevel, variancePreserving, noiseLevel }: NoiseRange,
  condition: (s: number) => number,
): ConditioningAugmentation<ContinuousNoiseDraw> {
  return {
    name,
    minLevel,
    maxLevel,
    continuous: true,
    noiseLevel: variancePreserving ? noiseLevel : undefined,
    draw(options) {
      const levels = drawLevels(options, { minLevel, maxLevel, continuous: true })
      const noises = levels.map(noiseLevel)
      const factor = (of: (noise: LevelNoise) => number) => float32(noises.map(of), [levels.length, 1, 1, 1])
      return {
        level: float32(levels.map(condition)),
        alpha: factor(({ alpha }) => (variancePreserving ? alpha : 1)),
        sigma: factor(({ alpha, sigma }) => (variancePreserving ? sigma : sigma / alpha)),
        noise: drawNoise(options),
      }
    },
    apply: (z, { alpha, sigma, noise }) => add(mul(alpha, z), mul(sigma, noise)),
  }
}
