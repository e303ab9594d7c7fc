import type { LevelNoise } from '../augmentation.ts'

/** The levels of an augmentation by Gaussian noise. */
export interface NoiseRange {
  readonly name: string
  readonly minLevel: number
  readonly maxLevel: number
  /** Whether z is scaled by alpha; else the noise is divided by it. */
  readonly variancePreserving: boolean
  /** The noise at a level, in float64. */
  noiseLevel(s: number): LevelNoise
}
