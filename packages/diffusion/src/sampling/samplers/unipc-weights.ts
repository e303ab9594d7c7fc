import type { Level } from '../level.ts'

/** A step as a sum: x_to = `x` x_from + Σ `outputs` x0. */
export interface Integration {
  readonly x: number
  /** The weights of the predictions of x0: first at `from`, then at the other levels. */
  readonly outputs: readonly number[]
}

/**
 * The weights of a step in λ with predictions of x0 at `from` and at other levels (UniPC, Zhao et al. 2023, equation 3
 * and theorem 3.1, in the form for predicted x0). A single other level has the weight of the midpoint for any h, as in
 * the authors' code. Only in this case does B(h) = e^h - 1 matter.
 */
export function integration(from: Level, to: Level, others: readonly Level[]): Integration {
  const h = to.lambda - from.lambda
  const first = -Math.expm1(-h)
  const places = others.map(({ lambda }) => (lambda - from.lambda) / h)
  const shares = places.length === 1 ? [0.5] : vandermonde(places, moments(h, places.length))
  const outputs = shares.map((share, i) => (to.alpha * first * share) / places[i]!)
  const atFrom = to.alpha * first - outputs.reduce((sum, weight) => sum + weight, 0)
  return { x: to.sigma / from.sigma, outputs: [atFrom, ...outputs] }
}

/**
 * n! φ_{n+1}(-h) h^n / (1 - e^-h), up to sign, for n = 1, 2, …: the moments that the weights must have about `from`.
 */
function moments(h: number, count: number): number[] {
  let phi = Math.expm1(-h) / -h - 1
  let factorial = 1
  return Array.from({ length: count }, (_, i) => {
    const moment = (phi * factorial) / Math.expm1(-h)
    factorial *= i + 2
    phi = phi / -h - 1 / factorial
    return moment
  })
}

/** The w with Σ_j w_j x_j^k = b_k for k = 0 … n - 1: w_j is Lagrange's polynomial of x_j, its powers replaced by b. */
function vandermonde(x: readonly number[], b: readonly number[]): number[] {
  return x.map((xj, j) => {
    const others = x.filter((_, i) => i !== j)
    let polynomial = [1]
    for (const root of others)
      polynomial = [0, ...polynomial].map((shifted, k) => shifted - root * (polynomial[k] ?? 0))
    const value = polynomial.reduce((sum, c, k) => sum + c * b[k]!, 0)
    return value / others.reduce((product, root) => product * (xj - root), 1)
  })
}
