import type { Rng } from '@cascade-diffusion/random'

/** Numbers in [0, 1) for the image at a place: what a transform draws before it knows the size of the image. */
export const fractions = (rng: Rng, count: number, place: number): number[] => [
  ...rng.uniform([count], count * place).data,
]

/** An integer from 0 to `count` - 1, by a fraction in [0, 1). */
export const below = (count: number, fraction: number): number => Math.floor(count * fraction)
