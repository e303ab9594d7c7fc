import { float32, sizeOf } from '@cascade-diffusion/arrays'
import { add, mul, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import type { ConditioningAugmentation } from '../augmentation.ts'
import type { NoiseRange } from './noise-range.ts'

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
    draw({ shape, rng, level, firstIndex = 0 }) {
      const n = shape[0] as number
      const levels = Array.from(rng.fold('level').uniform([n], firstIndex).data, (u) =>
        level === undefined ? (1 - u) * minLevel + u * maxLevel : level,
      )
      const noises = levels.map(noiseLevel)
      return {
        level: float32(levels.map(condition)),
        alpha: float32(
          noises.map(({ alpha }) => (variancePreserving ? alpha : 1)),
          [n, 1, 1, 1],
        ),
        sigma: float32(
          noises.map(({ alpha, sigma }) => (variancePreserving ? sigma : sigma / alpha)),
          [n, 1, 1, 1],
        ),
        noise: rng.fold('augmentation').normal(shape, firstIndex * sizeOf(shape.slice(1))),
      }
    },
    apply: (z, { alpha, sigma, noise }) => add(mul(alpha, z), mul(sigma, noise)),
  }
}
