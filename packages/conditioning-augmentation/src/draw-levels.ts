import type { DrawOptions, Levels } from './augmentation.ts'

/**
 * The level of each image, n numbers: the one that `draw` is given, or random ones, uniform from `minLevel` to
 * `maxLevel`. They are whole, unless levels are `continuous`. For the `draw` of an augmentation.
 * @param options those of `draw`.
 * @param range the levels of the augmentation.
 */
export function drawLevels(
  { shape, rng, level, firstIndex }: DrawOptions,
  { minLevel = 0, maxLevel, continuous = false }: Omit<Levels, 'name'>,
): number[] {
  const n = shape[0] as number
  if (level !== undefined) return Array<number>(n).fill(level)
  const key = rng.fold('level')
  if (!continuous) return [...key.integers([n], minLevel, maxLevel + 1, firstIndex).data]
  return Array.from(key.uniform([n], firstIndex).data, (u) => (1 - u) * minLevel + u * maxLevel)
}
