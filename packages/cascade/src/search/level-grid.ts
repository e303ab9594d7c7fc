import { CascadeError, checkInteger, checkOptions, shown } from '@cascade-diffusion/checks'
import { type ConditioningAugmentation, checkLevel } from '@cascade-diffusion/conditioning-augmentation'

/** The levels s of one stage to try: a list, or `count` of them, evenly spaced over the range of the augmentation. */
export type LevelsToTry = readonly number[] | { readonly count: number }

/**
 * The levels that a search begins with, each once, in the order given or increasing. Those of a grid are whole unless
 * the augmentation allows others.
 * @throws if there are none, or one is out of range.
 */
export function coarseLevels(where: string, augmentation: ConditioningAugmentation, levels: LevelsToTry): number[] {
  if (isList(levels)) {
    if (levels.length === 0) throw new CascadeError('input', `${where}: expected at least one level, got none`)
    for (const level of levels) checkLevel(augmentation, level, where)
    return [...new Set(levels)]
  }
  if (typeof levels !== 'object' || levels === null)
    throw new CascadeError('input', `${where}: expected levels, a list or { count }, got ${shown(levels)}`)
  checkOptions(`${where}: levels`, levels, { count: true })
  const count = checkInteger(`${where}: levels`, 'count', levels.count, { from: 2 })
  const { minLevel = 0, maxLevel } = augmentation
  const spaced = Array.from({ length: count }, (_, i) => minLevel + ((maxLevel - minLevel) * i) / (count - 1))
  return [...new Set(spaced.map((level) => rounded(augmentation, level)))]
}

/**
 * The levels halfway between the best and those that were tried beside it.
 * @param tried all levels that were tried, the best among them.
 */
export function refinedLevels(
  augmentation: ConditioningAugmentation,
  tried: readonly number[],
  best: number,
): number[] {
  const below = Math.max(...tried.filter((level) => level < best))
  const above = Math.min(...tried.filter((level) => level > best))
  const halfway = [below, above].filter(Number.isFinite).map((side) => rounded(augmentation, (side + best) / 2))
  return halfway.filter((level) => !tried.includes(level))
}

const rounded = ({ continuous = false }: ConditioningAugmentation, level: number): number =>
  continuous ? level : Math.round(level)

const isList = (levels: unknown): levels is readonly number[] => Array.isArray(levels)
