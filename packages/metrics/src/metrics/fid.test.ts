import { rows } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { featureStatistics } from '../frechet/feature-statistics.ts'
import { frechetDistance } from '../frechet/frechet-distance.ts'
import { frechetReference } from '../frechet/frechet-reference.ts'
import { fid } from './fid.ts'
import { measure } from './metric.ts'

const features = rng(1).normal([60, 5])
const real = rng(2).normal([50, 5])

test('is the Fréchet distance of the features, with its counts and warnings', async () => {
  const expected = frechetDistance(featureStatistics(features), frechetReference(featureStatistics(real)))
  const { value, counts, dimension, warnings } = await measure(fid(), { features }, { features: real })
  expect(value).toBe(expected.distance)
  expect({ counts, dimension, warnings }).toEqual({ counts: [60, 50], dimension: 5, warnings: expected.warnings })
})

test('batches and merged parts give what all at once gives', async () => {
  const metric = fid()
  const part = (from: number, to: number) => metric.add(metric.start(), { features: rows(features, from, to) })
  const state = metric.add(metric.merge(part(0, 20), metric.start()), { features: rows(features, 20, 21) })
  const parts = metric.merge(metric.merge(metric.start(), state), part(21, 60))
  const reference = metric.prepare?.(featureStatistics(real)) as ReturnType<typeof frechetReference>
  const { value } = await metric.finish(parts, reference)
  const whole = await measure(metric, { features }, { features: real })
  expect(value).toBeCloseTo(whole.value, 12)
})

test('no images, or one, have no distance', async () => {
  const metric = fid()
  const reference = frechetReference(featureStatistics(real))
  expect(() => metric.finish(metric.start(), reference)).toThrow('got 0 and 50')
  expect(() => metric.finish(featureStatistics(rows(features, 0, 1)), reference)).toThrow('expected at least 2 samples')
})

test('what is missing is named', async () => {
  const features = rng(1).normal([10, 3])
  await expect(measure(fid(), { features }, undefined as never)).rejects.toThrow(
    'measure: expected a reference, which fid compares with, got none',
  )
  await expect(measure(fid(), { features: [[1]] } as never, { features })).rejects.toThrow(
    'measure: expected features of the generated images, an array, got an array of 1',
  )
  await expect(measure(fid(), { features }, {} as never)).rejects.toThrow(
    'measure: expected features of the reference images, an array, got undefined',
  )
})
