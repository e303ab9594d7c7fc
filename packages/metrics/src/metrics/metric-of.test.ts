import { expect, expectTypeOf, test } from 'vitest'
import type { ClassAccuracy } from './class-accuracy.ts'
import type { Fid } from './fid.ts'
import { metricNames, metricOf } from './metric-of.ts'

test('a metric is known by its name', () => {
  for (const name of metricNames) expect(metricOf({ name }).name).toBe(name)
  expect(metricNames).toContain('fid')
  expectTypeOf(metricOf({ name: 'fid' })).toEqualTypeOf<Fid>()
  expectTypeOf(metricOf({ name: 'class-accuracy' })).toEqualTypeOf<ClassAccuracy>()
})

test('other names and options are refused', () => {
  expect(() => metricOf({ name: 'fdi' } as never)).toThrow(
    "metric: expected a name, one of 'fid', 'class-accuracy'; got 'fdi'. Did you mean 'fid'?",
  )
  expect(() => metricOf({ name: 'fid', dimension: 3 } as never)).toThrow("metric: unknown option 'dimension'")
})
