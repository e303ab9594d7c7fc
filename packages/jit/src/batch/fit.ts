/**
 * How a number in a model depends on the batch size n: `scale · f(n) + offset`, or `scale / f(n) + offset`. Sizes and
 * indices are multiples of n, means divide by n, pairs within a batch number n², unbiased variances divide by n − 1.
 */
export interface Basis {
  readonly of: 'n' | 'n²' | 'n−1'
  readonly divides: boolean
}

/** Numbers as functions of the batch size, element by element. */
export interface Fit {
  readonly basis: Basis
  readonly scales: readonly number[]
  readonly offsets: readonly number[]
}

const bases: readonly Basis[] = [
  { of: 'n', divides: false },
  { of: 'n', divides: true },
  { of: 'n²', divides: false },
  { of: 'n²', divides: true },
  { of: 'n−1', divides: true },
]

const functions = { n: (n: number) => n, 'n²': (n: number) => n * n, 'n−1': (n: number) => n - 1 }

/** scale · f(n), or scale / f(n). */
const times = ({ of, divides }: Basis, n: number, scale: number) =>
  divides ? scale / functions[of](n) : scale * functions[of](n)

/** A few times the rounding error of float32. */
const CLOSE = 3e-7

/** Values at three batch sizes. */
export type Three<T> = readonly [T, T, T]

/**
 * Expresses numbers by the batch size, given their values at three sizes: two determine scale and offset, and the third
 * has to confirm them.
 * @param exact whether the numbers are integers, which have to agree exactly.
 * @returns undefined if there is no such expression.
 */
export function fitNumbers(values: Three<ArrayLike<number>>, sizes: Three<number>, exact: boolean): Fit | undefined {
  for (const basis of bases) {
    if (exact && basis.divides) continue
    const fits = Array.from(values[0], (x, i) =>
      fitNumber(basis, [x, values[1][i] as number, values[2][i] as number], sizes, exact),
    )
    if (fits.every((fit) => fit !== undefined))
      return { basis, scales: fits.map(([scale]) => scale), offsets: fits.map(([, offset]) => offset) }
  }
  return undefined
}

function fitNumber(basis: Basis, x: Three<number>, sizes: Three<number>, exact: boolean): [number, number] | undefined {
  if (Object.is(x[0], x[1]) && Object.is(x[1], x[2])) return [0, x[0]]
  const unit = sizes.map((n) => times(basis, n, 1)) as [number, number, number]
  const scale = (x[1] - x[0]) / (unit[1] - unit[0])
  // Without an offset first, which avoids the rounding of a difference.
  for (const [a, b] of [
    [nice(x[0] / unit[0]), 0] as const,
    [nice(scale), nice(x[0] - nice(scale) * unit[0])] as const,
  ]) {
    if (exact && !(Number.isInteger(a) && Number.isInteger(b))) continue
    const met = sizes.every((n, k) => {
      const difference = Math.abs(times(basis, n, a) + b - (x[k] as number))
      return difference <= (exact ? 0 : CLOSE * Math.abs(x[k] as number))
    })
    if (met) return [a, b]
  }
  return undefined
}

/** The integer, or the inverse of one, that a number equals up to rounding. */
function nice(x: number): number {
  const near = (y: number) => Number.isFinite(y) && Math.abs(x - y) <= CLOSE * Math.abs(x)
  const whole = Math.round(x)
  if (near(whole)) return whole
  const part = 1 / Math.round(1 / x)
  return near(part) ? part : x
}
