import type { Share, Spread } from './inspection.ts'

/** Counts equal values. */
export function counter<T>() {
  const counts = new Map<T, number>()
  return {
    counts: counts as ReadonlyMap<T, number>,
    add(value: T): void {
      counts.set(value, (counts.get(value) ?? 0) + 1)
    },
    /** The most frequent values, the first of equals first. */
    most(limit: number): Share<T>[] {
      const all = [...counts].map(([what, images]) => ({ what, images }))
      return all.sort((a, b) => b.images - a.images).slice(0, limit)
    },
  }
}

/** The least, the lower median and the greatest of counted numbers, at least one. */
export function spreadOf(counts: ReadonlyMap<number, number>): Spread {
  const sorted = [...counts].sort(([a], [b]) => a - b)
  const half = sorted.reduce((sum, [, n]) => sum + n, 0) / 2
  let below = 0
  const [median] = sorted.find(([, n]) => {
    below += n
    return below >= half
  })!
  return { least: sorted[0]![0], median, greatest: sorted.at(-1)![0] }
}
