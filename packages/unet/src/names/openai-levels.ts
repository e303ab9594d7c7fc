import { CascadeError } from '@cascade-diffusion/checks'
/** Multipliers of guided-diffusion by the size of images. */
export const guidedMultipliers: Readonly<Record<number, readonly number[]>> = {
  512: [0.5, 1, 1, 2, 2, 4, 4],
  256: [1, 1, 2, 2, 4, 4],
  128: [1, 1, 2, 3, 4],
  64: [1, 2, 3, 4],
}

/**
 * Heights of the levels with attention, of images of a size: OpenAI's networks count in factors of downsampling, rounded down;
 * one that is not reached has no effect.
 */
export function attentionHeights(size: number, levels: number, resolutions: readonly number[]): number[] {
  const factors = resolutions.map((at) => Math.floor(size / at))
  return Array.from({ length: levels }, (_, level) => 2 ** level).flatMap((factor) =>
    factors.includes(factor) ? [size / factor] : [],
  )
}

/** @returns the multipliers of a size. @param otherwise what else would do, for the error. @throws if there are none. */
export function multipliersOf(
  name: string,
  flag: string,
  known: Readonly<Record<number, readonly number[]>>,
  size: number,
  otherwise = '',
): readonly number[] {
  if (known[size]) return known[size]
  throw new CascadeError(
    'input',
    `${name}: expected ${flag} among ${Object.keys(known).join(', ')}${otherwise}; got ${size}`,
  )
}
