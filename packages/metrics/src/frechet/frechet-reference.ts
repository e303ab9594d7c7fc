import { CascadeError } from '@cascade-diffusion/checks'
import type { FeatureStatistics } from './feature-statistics.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

/**
 * The statistics of real images with a factor of their covariance. The factor takes most of the time of a Fréchet distance, and is
 * computed once for any number of comparisons.
 */
export interface FrechetReference extends FeatureStatistics {
  /** [rank, D] row-major: Σ = factorᵀ factor. The rank is that of the covariance, up to rounding. */
  readonly factor: Float64Array
}

/**
 * Prepares statistics to be the reference of {@link frechetDistance}: row r of the factor is √λᵣ vᵣᵀ, of the eigenvalues above
 * rounding level. Covariances without full rank need no added ε.
 * @throws if there are fewer than two samples.
 */
export function frechetReference(statistics: FeatureStatistics): FrechetReference {
  const { count, mean, covariance } = statistics
  if (!(count >= 2)) throw new CascadeError('input', `frechetReference: expected at least 2 samples, got ${count}`)
  const n = mean.length
  const { values, vectors } = symmetricEigen(covariance, n)
  const roundingLevel = n * Number.EPSILON * (values[n - 1] ?? 0)
  const kept = Array.from(values.keys()).filter((i) => values[i]! > roundingLevel)
  const factor = new Float64Array(kept.length * n)
  for (const [r, i] of kept.entries()) {
    const root = Math.sqrt(values[i]!)
    for (let j = 0; j < n; j++) factor[r * n + j] = root * vectors[i * n + j]!
  }
  return { count, mean, covariance, factor }
}
