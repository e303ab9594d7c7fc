import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test, vi } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { shuffledIndices } from '../batches/shuffled-indices.ts'
import type { ImageSource } from '../sources/image-source.ts'
import { jpegSource } from '../testing/jpeg-source.ts'
import { centerCrop } from '../transforms/crops/center-crop.ts'
import { randomFlip } from '../transforms/random-flip.ts'
import { transformed } from '../transforms/transformed.ts'
import { imageLoader } from './image-loader.ts'
import type { ImageLoaderOptions } from './options.ts'
import type { SkippedImage } from './unreadable.ts'

const folder = temporaryFolder()
const jpegs = await jpegSource(folder, 20)
const pathOf = (index: number) => join(folder, `${index}.jpg`)
const bad = [3, 11]
writeFileSync(pathOf(3), 'no picture')
rmSync(pathOf(11))
const source = transformed(jpegs, centerCrop({ size: 16 }), randomFlip())

const [batchSize, steps] = [5, 8]
const indicesOf = shuffledIndices(20, batchSize, rng(1))

async function run(source: ImageSource, options: Partial<ImageLoaderOptions>) {
  const reports: SkippedImage[] = []
  const report = (image: SkippedImage) => reports.push(image)
  const all = { batchSize, rng: rng(1), draws: rng(2), unreadable: 'skip', report, workers: 0, ...options } as const
  await using loader = imageLoader(source, all as ImageLoaderOptions)
  const batches = []
  for (let step = 0; step < steps; step++) batches.push(await loader.batch(step))
  return { reports, batches, unreadable: loader.unreadable }
}

test('other images take their places, and each is counted, named and reported, in the order of the steps', async () => {
  const { reports, batches, unreadable } = await run(source, {})
  // Two epochs have each of the two twice.
  expect(reports.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([3, 3, 11, 11])
  expect(reports.map(({ step }) => step)).toEqual(reports.map(({ step }) => step).toSorted((a, b) => a - b))
  expect(unreadable).toEqual({ count: 4, images: reports })
  for (const { index, name, error, replacement } of reports) {
    expect(name).toBe(pathOf(index))
    expect(error).toMatchObject({ code: index === 3 ? 'data' : 'file', message: expect.stringContaining(name) })
    expect(bad).not.toContain(replacement)
  }
  for (const [step, batch] of batches.entries()) {
    const replaced = reports.filter((image) => image.step === step)
    const indices = [...indicesOf(step)].map(
      (index) => replaced.find((image) => image.index === index)?.replacement ?? index,
    )
    expect(batch).toEqual(await readBatch(source, indices, { rng: rng(2).fold(step) }))
  }
})

/** A report with what its error says. (An error from a thread has no cause.) */
const told = ({ error: { code, message }, ...image }: SkippedImage) => ({ ...image, code, message })

test('they are the same for any number of threads and ranks, and for a source that reads by itself', async () => {
  const expected = await run(source, {})
  const threads = await run(source, { workers: 2 })
  expect(threads.batches).toEqual(expected.batches)
  expect(threads.reports.map(told)).toEqual(expected.reports.map(told))
  const shares = [0, 1, 2, 3, 4].map((index) => run(source, { rank: { index, count: 5 } }))
  const replaced = (await Promise.all(shares)).flatMap(({ reports }) => reports)
  expect(replaced.toSorted((a, b) => a.step - b.step)).toEqual(expected.reports)
  const { encoded, ...plain } = jpegs
  const itself = await run(transformed(plain, centerCrop({ size: 16 }), randomFlip()), {})
  expect(itself.batches).toEqual(expected.batches)
  const facts = ({ step, index, replacement }: SkippedImage) => ({ step, index, replacement })
  expect(itself.reports.map(facts)).toEqual(expected.reports.map(facts))
})

test('by default the batch fails, with the name of the file', async () => {
  for (const workers of [0, 1]) {
    const failing = run(source, { unreadable: 'fail', workers })
    await expect(failing).rejects.toThrow(/(3\.jpg: could not be decoded|11\.jpg: could not be read)/)
  }
})

test('in order, images that cannot be read are left out', async () => {
  const reports: SkippedImage[] = []
  await using loader = imageLoader(source, {
    batchSize: 10,
    order: 'sequential',
    draws: rng(2),
    unreadable: 'skip',
    report: (image) => reports.push(image),
    workers: 0,
  })
  const { image, label } = await loader.batch(0)
  expect(image.shape[0]).toBe(9)
  expect([...label!.data]).toEqual([0, 1, 0, 0, 1, 0, 1, 0, 1])
  expect(reports).toMatchObject([{ step: 0, index: 3 }])
  expect(reports[0]!.replacement).toBeUndefined()
})

test('without a report, the process warns', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  await run(source, { report: undefined })
  expect(warn).toHaveBeenCalledTimes(4)
  expect(warn.mock.calls[0]![0]).toMatch(
    /^imageLoader: step \d: image (3|11), .*\.jpg, cannot be read and is replaced by image \d+: .*\.jpg: could not be/,
  )
  warn.mockRestore()
})

test('a set of which nothing can be read is an error, soon', async () => {
  const none = temporaryFolder()
  const source = transformed(await jpegSource(none, 4), centerCrop({ size: 16 }))
  for (let i = 0; i < 4; i++) writeFileSync(join(none, `${i}.jpg`), '')
  await expect(run(source, {})).rejects.toThrow(
    'imageLoader: expected images that can be read, got 100 in a row that cannot, the last: ',
  )
})

test('many are counted, and the first 100 listed', async () => {
  const some = temporaryFolder()
  const source = transformed(await jpegSource(some, 4), centerCrop({ size: 16 }))
  for (let i = 0; i < 3; i++) writeFileSync(join(some, `${i}.jpg`), '')
  const { reports, unreadable } = await run(source, { batchSize: 20 })
  expect(unreadable.count).toBe(reports.length)
  expect(reports.length).toBeGreaterThan(100)
  expect(unreadable.images).toEqual(reports.slice(0, 100))
})
