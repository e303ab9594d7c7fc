import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '@cascade-diffusion/checks'
import { encodePng } from '@cascade-diffusion/data'
import type { DicebearStyle } from '@cascade-diffusion/datasets'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, expectTypeOf, test } from 'vitest'
import { tinyPlan } from '../tiny-plan.ts'
import { checkData } from './check-data.ts'
import { type DataConfig, dataAt, dataSchema, loadData } from './data.ts'
import type { DicebearConfig } from './dicebear.ts'

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

test('the drawing styles of configurations are those of the package that draws', () => {
  expectTypeOf<DicebearConfig['styles'][number]>().toEqualTypeOf<DicebearStyle>()
  const config = { name: 'dicebear', styles: ['ring'], perClass: 4, size: 16 }
  expect(() => parseConfig('plan', dataSchema, config)).toThrow("got 'ring'. Did you mean 'rings'?")
})

/** PNG files in two classes. */
function pictures(count: number): string {
  const folder = temporaryFolder()
  for (const name of ['a', 'b']) mkdirSync(join(folder, name))
  for (let i = 0; i < count; i++) {
    const data = Uint8Array.from({ length: 12 * 16 * 3 }, (_, at) => (at * (i + 5)) % 256)
    writeFileSync(join(folder, 'ab'[i % 2]!, `${i}.png`), encodePng({ shape: [12, 16, 3], data }))
  }
  return folder
}

test('images of files: two folders, or one with a validation split', async () => {
  const [train, test] = [pictures(40), pictures(6)]
  const transforms = [{ name: 'resize-crop', size: 8 }, { name: 'random-flip' }] as const
  const options = { cacheDir: temporaryFolder(), progress: () => {} }
  const two = await loadData(
    { name: 'images', train, test: { name: 'image-folder', path: test, classes: 'folders' }, transforms },
    options,
  )
  expect([two.train.count, two.test.count, two.train.size, two.test.size]).toEqual([40, 6, [8, 8], [8, 8]])
  expect(two.test.classNames).toEqual(['a', 'b'])
  expect((await two.test.read([0])).images[0]!.shape).toEqual([8, 8, 3]) // without a key: nothing is drawn
  const seen: string[] = []
  const one = await loadData(
    { name: 'images', train, test: { validation: 0.3 }, transforms },
    {
      ...options,
      progress: ({ split, done }) => seen.push(`${split ?? 'all'} ${done}`),
    },
  )
  expect(one.train.count + one.test.count).toBe(40)
  expect(one.test.count).toBeGreaterThan(2)
  expect(seen).toEqual(['all 40'])
  const flat = { name: 'image-folder', path: train } as const
  const unlabelled = await loadData({ name: 'images', train: flat, test: { validation: 0.3 } }, options)
  expect([unlabelled.train.classNames, unlabelled.test.classNames]).toEqual([undefined, undefined])
  const wrong = parseConfig.bind(undefined, 'plan', dataSchema)
  expect(() => wrong({ name: 'images', train, test: { validation: 2 } })).toThrow(
    'expected test.validation, a number above 0',
  )
  expect(() => wrong({ name: 'images', train: { name: 'folder' }, test })).toThrow("one of 'image-folder'")
  expect(() => wrong({ name: 'images', train })).toThrow('expected test')
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
