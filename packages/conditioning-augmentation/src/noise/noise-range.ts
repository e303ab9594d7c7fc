import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import type { DrawOptions, LevelNoise } from '../augmentation.ts'

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

/** @throws if the noise is divided by an alpha that is 0 at the greatest level. */
export function checkSignal(where: string, { maxLevel, variancePreserving, noiseLevel }: NoiseRange): void {
  const { alpha, sigma } = noiseLevel(maxLevel)
  if (variancePreserving || Number.isFinite(Math.fround(sigma / alpha))) return
  throw new CascadeError(
    'input',
    `${where}: expected something left of the image at level ${maxLevel}, since variancePreserving is false, ` +
      `got alpha ${alpha}`,
  )
}

/** Standard normal noise of the shape of the images, for each by its place in the whole set. */
export const drawNoise = ({ shape, rng, firstIndex = 0 }: DrawOptions): NDArray<'float32'> =>
  rng.fold('augmentation').normal(shape, firstIndex * sizeOf(shape.slice(1)))
