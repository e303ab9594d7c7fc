import type { DrawOptions } from './augmentation.ts'

/** How the strengths of training are drawn. */
export interface StrengthRange {
  /** The fold that chooses the images. */
  readonly chosen: string
  /** The fold that chooses their strengths. */
  readonly strength: string
  /** The share of the images that are augmented. */
  readonly probability: number
  /** Their strength is uniform between these. */
  readonly between: readonly [low: number, high: number]
  /** The strength that leaves an image as it is. */
  readonly none: number
}

/** The strength of each image in training, n numbers: random on a share of the images, `none` on the others. */
export function drawStrengths(
  { shape, rng, firstIndex = 0 }: DrawOptions,
  { chosen, strength, probability, between: [low, high], none }: StrengthRange,
): number[] {
  const n = shape[0] as number
  const key = rng.fold('augmentation')
  const coins = key.fold(chosen).uniform([n], firstIndex).data
  const places = key.fold(strength).uniform([n], firstIndex).data
  return Array.from(coins, (coin, i) => (coin < probability ? (1 - places[i]!) * low + places[i]! * high : none))
}
