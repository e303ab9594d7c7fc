import { type Entry, schema } from '@cascade-diffusion/checks'
import { type FeatureStatistics, featureStatistics, mergeStatistics } from '../frechet/feature-statistics.ts'
import { type FrechetDistance, frechetDistance } from '../frechet/frechet-distance.ts'
import { type FrechetReference, frechetReference } from '../frechet/frechet-reference.ts'
import type { Figure, Metric } from './metric.ts'

/** A Fréchet distance as a figure: `value` is the squared distance. */
export type FidFigure = Figure & Omit<FrechetDistance, 'distance'>

/** The metric {@link fid}. */
export type Fid = Metric<'features', FeatureStatistics, FrechetReference, FidFigure>

/**
 * The Fréchet distance between the features of generated and of reference images (Heusel et al. 2017), in float64. It is the published
 * FID if the extractor is Inception-v3 with its convention; figures from other features compare only with each other.
 */
export const fid = (): Fid => ({
  name: 'fid',
  better: 'lower',
  needs: { generated: ['features'], reference: ['features'] },
  start: () => ({ count: 0, mean: new Float64Array(), covariance: new Float64Array() }),
  add: (state, { features }) => merged(state, featureStatistics(features)),
  merge: merged,
  prepare: frechetReference,
  finish(generated, reference) {
    const { distance, counts, dimension, warnings } = frechetDistance(generated, reference)
    return { value: distance, counts, dimension, warnings }
  },
})

/** {@link fid} by name: a JSON value. */
export interface FidConfig {
  readonly name: 'fid'
}

/** The entry of the table. */
export const fidEntry: Entry<FidConfig, Fid> = {
  name: 'fid',
  schema: schema.record<FidConfig>({ name: schema.oneOf(['fid']) }),
  make: fid,
}

const merged = (a: FeatureStatistics, b: FeatureStatistics): FeatureStatistics => {
  if (a.count === 0) return b
  return b.count === 0 ? a : mergeStatistics(a, b)
}
