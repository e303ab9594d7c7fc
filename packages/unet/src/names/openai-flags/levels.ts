import { CascadeError } from '@cascade-diffusion/checks'

/** Multipliers of channels by the size of the images. */
export type Multipliers = Readonly<Record<number, readonly number[]>>

const large = [1, 1, 2, 2, 4, 4]
const small = [1, 2, 3, 4]

/** The multipliers that the scripts of each family choose, of networks and of super-resolution networks. */
export const multipliers = {
  'improved-diffusion': {
    network: { 256: large, 64: small, 32: [1, 2, 2, 2] },
    superResolution: { 256: large, 64: small },
  },
  'guided-diffusion': {
    network: { 512: [0.5, 1, 1, 2, 2, 4, 4], 256: large, 128: [1, 1, 2, 3, 4], 64: small },
    superResolution: { 512: large, 256: large, 64: small },
  },
} as const satisfies Record<string, Record<string, Multipliers>>

/**
 * Heights of the levels with attention. OpenAI's networks count in factors of downsampling, rounded down; a factor that no level
 * has does nothing.
 */
export function attentionHeights(size: number, levels: number, resolutions: readonly number[]): number[] {
  const factors = resolutions.map((at) => Math.floor(size / at))
  return Array.from({ length: levels }, (_, level) => 2 ** level).flatMap((factor) =>
    factors.includes(factor) ? [size / factor] : [],
  )
}

/** The multipliers of a size. @param otherwise what else would do, for the error. @throws if there are none. */
export function multipliersOf(where: string, known: Multipliers, size: number, otherwise = ''): readonly number[] {
  if (known[size]) return known[size]
  throw new CascadeError(
    'input',
    `${where}: expected imageSize, one of ${Object.keys(known).join(', ')}${otherwise}; got ${size}`,
  )
}
