import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { tinyPlan } from '../tiny-plan.ts'
import { checkData } from './check-data.ts'
import { type DataConfig, dataAt, loadData } from './data.ts'

test('images are loaded by name, with progress while they are made', async () => {
  const events: unknown[] = []
  const config: DataConfig = { name: 'dicebear', styles: ['rings', 'shapes'], perClass: 4, size: 16 }
  const options = { cacheDir: temporaryFolder(), progress: (event: unknown) => events.push(event) }
  const { train, test } = await loadData(config, options)
  expect([train.count, test.count, train.size]).toEqual([8, 2, [16, 16]])
  expect(train.classNames).toEqual(['rings', 'shapes'])
  const made = [
    { split: 'train', done: 8, total: 8 },
    { split: 'test', done: 2, total: 2 },
  ]
  expect(events).toEqual(made)
  // They come from the cache the second time.
  await loadData(config, options)
  expect(events).toEqual(made)
})

test('custom images are taken as they are', async () => {
  expect(await loadData(tinyPlan.data, { cacheDir: '', progress: () => {} })).toBe(tinyPlan.data)
})

test('the evaluator gets images of the resolution of the last stage', async () => {
  const { data } = tinyPlan
  expect(dataAt([16, 16], data)).toEqual(data)
  const { images } = await dataAt([4, 4], data).test.read([0])
  expect(images[0]!.shape).toEqual([4, 4, 1])
  const whole = (await data.test.read([0])).images[0]!.data
  const corner = [0, 1, 2, 3].flatMap((y) => [...whole.subarray(16 * y, 16 * y + 4)])
  expect(images[0]!.data[0]).toBe(Math.round(corner.reduce((a, b) => a + b) / 16))
})

test('data that do not fit the plan are refused', () => {
  const { train, test } = tinyPlan.data
  const check = (changes: object) => () => checkData(tinyPlan, { train, test: { ...test, ...changes } })
  expect(check({})).not.toThrow()
  expect(check({ size: undefined })).not.toThrow()
  expect(check({ channels: 3 })).toThrow("plan: data.test 'halves': expected 1 channels, as in training, got 3")
  expect(check({ classNames: ['right', 'left'] })).toThrow(
    'expected the classes of training, left, right; got right, left',
  )
  expect(check({ size: [8, 16] })).toThrow(
    "plan: expected images of at least 16×16 for the stage 'super-resolution', got 8×16 in 'halves'",
  )
})
