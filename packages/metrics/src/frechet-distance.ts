import { CascadeError } from '@cascade-diffusion/checks'
import type { FeatureStatistics } from './feature-statistics.ts'
import { symmetricEigen, symmetricEigenvalues } from './symmetric-eigen.ts'

/** A Fréchet distance and what is needed to judge it. */
export interface FrechetDistance {
  /** The squared distance, as FID is always reported: 0 for equal statistics. */
  readonly distance: number
  /** The number of samples on each side. */
  readonly counts: readonly [number, number]
  readonly dimension: number
  /** Why the figure should be read with care; empty if there is no reason. */
  readonly warnings: readonly string[]
}

/** Below this many samples the distance is mostly bias, and published figures use 10,000 to 50,000. */
const fewSamples = 2048

/**
 * The squared Fréchet distance between Gaussians with the given means and covariances (Heusel et al. 2017, TTUR, eq. 6):
 * ‖μ₁ - μ₂‖² + tr(Σ₁ + Σ₂ - 2 (Σ₁Σ₂)^½). It is FID if the features are Inception-v3's; figures from other features are not
 * comparable with published ones.
 *
 * With Σ₁ = L Lᵀ the trace of the root is the sum of the roots of the eigenvalues of Lᵀ Σ₂ L, which is symmetric:
 * no complex numbers, and covariances without full rank need no added ε.
 * @throws if the dimensions differ or there are fewer than two samples on a side.
 */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics): FrechetDistance {
  const dimension = a.mean.length
  if (b.mean.length !== dimension)
    throw new CascadeError(
      'input',
      `frechetDistance: expected features of one dimension, got ${dimension} and ${b.mean.length}`,
    )
  const counts = [a.count, b.count] as const
  if (Math.min(...counts) < 2)
    throw new CascadeError('input', `frechetDistance: expected at least 2 samples, got ${counts.join(' and ')}`)
  const between = a.mean.reduce((sum, x, i) => sum + (x - b.mean[i]!) ** 2, 0)
  const traces = trace(a.covariance, dimension) + trace(b.covariance, dimension)
  const distance = Math.max(0, between + traces - 2 * traceOfRoot(a.covariance, b.covariance, dimension))
  return { distance, counts, dimension, warnings: warnings(counts, dimension) }
}

function warnings(counts: readonly [number, number], dimension: number): string[] {
  const fewest = Math.min(...counts)
  const out: string[] = []
  if (fewest <= dimension)
    out.push(
      `${fewest} samples give a covariance of ${dimension} features that lacks full rank: the distance is biased upwards`,
    )
  if (fewest < fewSamples)
    out.push(
      `${fewest} samples are fewer than the ${fewSamples} that the convention asks for: compare only equal counts`,
    )
  return out
}

const trace = (a: Float64Array, n: number): number => {
  let sum = 0
  for (let i = 0; i < n; i++) sum += a[i * n + i]!
  return sum
}

/** tr((A B)^½) of positive semi-definite A and B. */
function traceOfRoot(a: Float64Array, b: Float64Array, n: number): number {
  const { values, vectors } = symmetricEigen(a, n)
  // Row r of `factor` is √λᵣ vᵣᵀ. Eigenvalues at rounding level are zeros, and their noise would count by its root.
  const floor = n * Number.EPSILON * (values[n - 1] ?? 0)
  const kept = Array.from(values.keys()).filter((i) => values[i]! > floor)
  const rank = kept.length
  const factor = new Float64Array(rank * n)
  kept.forEach((i, r) => {
    for (let j = 0; j < n; j++) factor[r * n + j] = Math.sqrt(values[i]!) * vectors[i * n + j]!
  })
  // product = factor · B · factorᵀ
  const half = multiplyTransposed(factor, b, rank, n, n)
  const product = multiplyTransposed(half, factor, rank, rank, n)
  return symmetricEigenvalues(product, rank).reduce((sum, x) => sum + Math.sqrt(Math.max(0, x)), 0)
}

/** x yᵀ of x [rows, inner] and y [columns, inner]. */
function multiplyTransposed(x: Float64Array, y: Float64Array, rows: number, columns: number, inner: number) {
  const out = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      let sum = 0
      for (let k = 0; k < inner; k++) sum += x[i * inner + k]! * y[j * inner + k]!
      out[i * columns + j] = sum
    }
  return out
}
