import { checkOneOf, checkOptions } from '@cascade-diffusion/checks'
import { classAccuracy } from './class-accuracy.ts'
import { fid } from './fid.ts'

/** All metrics that have a name: a line for each. */
const table = {
  fid,
  'class-accuracy': classAccuracy,
}

/** The name of a metric, as configurations have it. */
export type MetricName = keyof typeof table

/** A metric by name, as a configuration holds it: a JSON value. */
export interface MetricConfig<N extends MetricName = MetricName> {
  readonly name: N
}

/** The names that {@link metricOf} knows. */
export const metricNames = Object.keys(table) as readonly MetricName[]

/** The metric of that name. @throws on another name or an unknown option. */
export function metricOf<N extends MetricName>(config: MetricConfig<N>): ReturnType<(typeof table)[N]> {
  checkOptions('metric', config, { name: true })
  const name = checkOneOf('metric', 'a name', config.name, metricNames)
  return table[name]() as ReturnType<(typeof table)[N]>
}
