import { type ConfigOf, table } from '@cascade-diffusion/checks'
import { classAccuracyEntry } from './class-accuracy.ts'
import { fidEntry } from './fid.ts'
import type { Metric } from './metric.ts'

/** The metrics, by name. */
export const metrics = table('a metric', [fidEntry, classAccuracyEntry])

/** A metric by its name, such as `{ name: 'fid' }`: a JSON value. */
export type MetricConfig = ConfigOf<typeof metrics>

/**
 * The metric of a configuration.
 * @throws CascadeError 'input' that lists everything that is wrong with it.
 */
export const metricOf = (config: MetricConfig): Metric => metrics.of('metric', config)
