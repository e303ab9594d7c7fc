/** The nearest integer, halves to the even one, as Python's `round` gives it. */
export function halfEven(x: number): number {
  const below = Math.floor(x)
  const half = x - below === 0.5
  return half ? below + (below % 2 === 0 ? 0 : 1) : Math.round(x)
}
