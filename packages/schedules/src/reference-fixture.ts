import { readFileSync } from 'node:fs'

/** Reads a fixture: named lists of numbers, or processes of such lists. */
export const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))

/** What benchmarks/fixtures/schedules.py computed. */
export const computed = fixture('computed')

/** The greatest relative error of an entry (absolute where 0 is expected); NaN if an entry is NaN. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`expected ${expected.length} values, got ${actual.length}`)
  const errors = Array.from(actual, (x, i) =>
    x === expected[i] ? 0 : Math.abs(x - expected[i]!) / (Math.abs(expected[i]!) || 1),
  )
  return Math.max(...errors)
}
