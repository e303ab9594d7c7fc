import { type NDArray, sizeOf } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'

/** What the Fréchet distance needs of a set of features: a few numbers whatever the size of the set, in float64. */
export interface FeatureStatistics {
  /** Number of feature vectors. */
  readonly count: number
  /** [D] */
  readonly mean: Float64Array
  /** [D, D] row-major, divided by count - 1 as in the TTUR reference code and NumPy; zeros for a single vector. */
  readonly covariance: Float64Array
}

/**
 * The mean and covariance of feature vectors.
 * @param features [N, D], N ≥ 1.
 * @throws on another shape or a value that is not finite.
 */
export function featureStatistics(features: NDArray): FeatureStatistics {
  const [count = 0, dimension = 0] = features.shape
  if (features.shape.length !== 2 || sizeOf(features.shape) === 0)
    throw new CascadeError('input', `featureStatistics: expected features of shape [N, D], got [${features.shape}]`)
  const mean = new Float64Array(dimension)
  for (let i = 0; i < features.data.length; i++) {
    const x = features.data[i]!
    if (!Number.isFinite(x))
      throw new CascadeError(
        'input',
        `featureStatistics: expected finite features, got ${x} in row ${Math.floor(i / dimension)}`,
      )
    mean[i % dimension]! += x
  }
  for (let j = 0; j < dimension; j++) mean[j]! /= count

  const covariance = new Float64Array(dimension * dimension)
  const centred = new Float64Array(dimension)
  for (let n = 0; n < count; n++) {
    for (let j = 0; j < dimension; j++) centred[j] = features.data[n * dimension + j]! - mean[j]!
    for (let i = 0; i < dimension; i++) {
      const row = i * dimension
      const x = centred[i]!
      for (let j = i; j < dimension; j++) covariance[row + j]! += x * centred[j]!
    }
  }
  for (let i = 0; i < dimension; i++)
    for (let j = i; j < dimension; j++) {
      const c = covariance[i * dimension + j]! / Math.max(1, count - 1)
      covariance[i * dimension + j] = c
      covariance[j * dimension + i] = c
    }
  return { count, mean, covariance }
}

/**
 * The statistics of two sets taken together (Chan, Golub & LeVeque 1979), as if computed at once: so batches and ranks are combined.
 * @throws if the dimensions differ.
 */
export function mergeStatistics(a: FeatureStatistics, b: FeatureStatistics): FeatureStatistics {
  const dimension = a.mean.length
  if (b.mean.length !== dimension)
    throw new CascadeError(
      'input',
      `mergeStatistics: expected features of one dimension, got ${dimension} and ${b.mean.length}`,
    )
  const count = a.count + b.count
  const delta = b.mean.map((x, i) => x - a.mean[i]!)
  const mean = a.mean.map((x, i) => x + (delta[i]! * b.count) / count)
  const between = (a.count * b.count) / count
  const covariance = new Float64Array(dimension * dimension)
  for (let i = 0; i < dimension; i++)
    for (let j = 0; j < dimension; j++) {
      const k = i * dimension + j
      const scatter = a.covariance[k]! * (a.count - 1) + b.covariance[k]! * (b.count - 1)
      covariance[k] = (scatter + between * delta[i]! * delta[j]!) / (count - 1)
    }
  return { count, mean, covariance }
}

/**
 * The statistics of batches of features [n, D] as they come, merged one by one.
 * @throws if there is no batch.
 */
export async function streamStatistics(batches: AsyncIterable<NDArray>): Promise<FeatureStatistics> {
  let statistics: FeatureStatistics | undefined
  for await (const features of batches) {
    const next = featureStatistics(features)
    statistics = statistics ? mergeStatistics(statistics, next) : next
  }
  if (!statistics)
    throw new CascadeError('input', 'streamStatistics: expected at least one batch of features, got none')
  return statistics
}
