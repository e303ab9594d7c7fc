import { expect, expectTypeOf, test } from 'vitest'
import type { Metric } from './metric.ts'
import { type MetricConfig, metricOf, metrics } from './metric-table.ts'

test('a metric is known by its name', () => {
  for (const name of metrics.names) expect(metricOf({ name } as MetricConfig).name).toBe(name)
  expect(metrics.names).toEqual(['fid', 'class-accuracy'])
  expectTypeOf(metricOf({ name: 'fid' })).toExtend<Metric>()
})

test('other names and options are refused', () => {
  expect(() => metricOf({ name: 'fdi' } as never)).toThrow(
    "metric: expected a metric by its name, one of 'fid', 'class-accuracy'; got 'fdi'. Did you mean 'fid'?",
  )
  expect(() => metricOf({ name: 'fid', dimension: 3 } as never)).toThrow("metric: unknown option 'dimension'")
})
