import { CascadeError } from '@cascade-diffusion/checks'
import type { FeatureStatistics } from './feature-statistics.ts'
import type { FrechetReference } from './frechet-reference.ts'
import { symmetricEigenvalues } from './symmetric-eigen.ts'

/** A Fréchet distance, and what it takes to interpret it. */
export interface FrechetDistance {
  /** The squared distance, as FID is always reported: 0 for equal statistics. */
  readonly distance: number
  /** The number of generated and of reference samples. */
  readonly counts: readonly [number, number]
  readonly dimension: number
  /** Why the figure should be read with care; empty if there is no reason. */
  readonly warnings: readonly string[]
}

/** Below this number of samples the distance is mostly bias, and published figures use 10,000 to 50,000. */
const fewSamples = 2048

/**
 * The squared Fréchet distance between Gaussians with the given means and covariances (Heusel et al. 2017, TTUR, eq. 6):
 * ‖μ₁ - μ₂‖² + tr(Σ₁ + Σ₂ - 2 (Σ₁Σ₂)^½). It is FID if the features are Inception-v3's; figures from other features are not
 * comparable with published ones.
 *
 * With Σ₂ = Fᵀ F the trace of the root is the sum of the roots of the eigenvalues of F Σ₁ Fᵀ, which is symmetric:
 * no complex numbers. F is the factor of the reference, which {@link frechetReference} computes once.
 * @throws if the dimensions differ or there are fewer than two generated samples.
 */
export function frechetDistance(generated: FeatureStatistics, reference: FrechetReference): FrechetDistance {
  const dimension = generated.mean.length
  if (!(reference.factor instanceof Float64Array))
    throw new CascadeError(
      'input',
      'frechetDistance: expected a reference, as frechetReference gives it, got no factor',
    )
  const counts = [generated.count, reference.count] as const
  if (!(generated.count >= 2))
    throw new CascadeError('input', `frechetDistance: expected at least 2 samples, got ${counts.join(' and ')}`)
  if (reference.mean.length !== dimension)
    throw new CascadeError(
      'input',
      `frechetDistance: expected features of one dimension, got ${dimension} and ${reference.mean.length}`,
    )
  const between = generated.mean.reduce((sum, x, i) => sum + (x - reference.mean[i]!) ** 2, 0)
  const traces = trace(generated.covariance, dimension) + trace(reference.covariance, dimension)
  const root = traceOfRoot(reference.factor, generated, dimension)
  return {
    distance: Math.max(0, between + traces - 2 * root),
    counts,
    dimension,
    warnings: warnings(counts, dimension),
  }
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

/**
 * tr((FᵀF Σ)^½) of a factor F [rank, n] and the covariance Σ [n, n] of `count` samples, whose rank is at most count - 1. The other
 * eigenvalues are zeros, and their rounding errors would count by their roots: that of 1e-16 is 1e-8.
 */
function traceOfRoot(factor: Float64Array, { covariance, count }: FeatureStatistics, n: number): number {
  const rank = factor.length / n
  const half = multiplyTransposed(factor, covariance, rank, n, n)
  const values = symmetricEigenvalues(multiplyTransposed(half, factor, rank, rank, n), rank)
  return values.subarray(Math.max(0, rank - count + 1)).reduce((sum, x) => sum + Math.sqrt(Math.max(0, x)), 0)
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
