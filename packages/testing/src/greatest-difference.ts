/**
 * The greatest |a - b| of two lists of numbers.
 * @throws if their lengths differ. A NaN in either gives NaN.
 */
export function greatestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length)
    throw new Error(`greatestDifference: expected equal lengths, got ${a.length} and ${b.length}`)
  let greatest = 0
  for (let i = 0; i < a.length; i++) greatest = Math.max(greatest, Math.abs(a[i]! - b[i]!))
  return greatest
}
