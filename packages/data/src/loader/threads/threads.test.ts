import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { readBatch } from '../../batches/read-batch.ts'
import { shuffledIndices } from '../../batches/shuffled-indices.ts'
import type { ImageSource } from '../../sources/image-source.ts'
import { jpegSource } from '../../testing/jpeg-source.ts'
import { centerCrop } from '../../transforms/crops/center-crop.ts'
import type { ImageTransform } from '../../transforms/image-transform.ts'
import { randomFlip } from '../../transforms/random-flip.ts'
import { randomShift } from '../../transforms/random-shift.ts'
import { transformed } from '../../transforms/transformed.ts'
import { imageLoader } from '../image-loader.ts'
import type { ImageLoader } from '../loader-by.ts'
import type { ImageLoaderOptions } from '../options.ts'

const folder = temporaryFolder()
const jpegs = await jpegSource(folder, 22)

/** A custom transform, which no thread knows. */
const brighter: ImageTransform<number> = {
  name: 'brighter',
  draw: (key, place) => key.fold('brighter').integers([], 0, 64, place).data[0]!,
  apply: ({ shape, data }, by) => ({ shape, data: data.map((byte) => Math.min(255, byte + by)) }),
}

const open: ImageLoader[] = []
const load = (source: ImageSource, options: Partial<ImageLoaderOptions> = {}) => {
  const loader = imageLoader(source, { batchSize: 8, rng: rng(1), draws: rng(2), ...options } as ImageLoaderOptions)
  open.push(loader)
  return loader
}
afterEach(async () => {
  for (const loader of open.splice(0)) await loader.close()
})

describe('batches are the same for any number of threads', () => {
  test.each([
    ['known transforms', [0, 1, 2, 4], [centerCrop({ size: 16 }), randomShift(), randomFlip(), randomFlip()]],
    ['a custom one between them', [0, 2], [centerCrop({ size: 16 }), randomFlip(), brighter, randomShift()]],
    ['a custom one first, of images of several sizes', [0, 2], [brighter, centerCrop({ size: 16 }), randomFlip()]],
  ])('%s', async (_, numbers, transforms) => {
    const source = transformed(jpegs, ...(transforms as ImageTransform[]))
    const inMemory = transformed(await jpegSource(folder, 22, { inMemory: true }), ...(transforms as ImageTransform[]))
    const indices = shuffledIndices(22, 8, rng(1))
    const loaders = numbers.map((workers) => load(source, { workers })).concat(load(inMemory, { workers: 2 }))
    for (const step of [0, 1, 2, 3, 7]) {
      const expected = await readBatch(source, indices(step), { rng: rng(2).fold(step) })
      for (const loader of loaders) expect(await loader.batch(step)).toEqual(expected)
    }
  })
})

test('steps may be asked for in any order, and at once', async () => {
  const source = transformed(jpegs, centerCrop({ size: 16 }), randomFlip())
  const loader = load(source, { workers: 2 })
  const steps = [5, 0, 1, 2, 1, 4, 3, 9]
  const batches = await Promise.all(steps.map((step) => loader.batch(step)))
  const indices = shuffledIndices(22, 8, rng(1))
  for (const [i, step] of steps.entries())
    expect(batches[i]).toEqual(await readBatch(source, indices(step), { rng: rng(2).fold(step) }))
})

test('batches that were given stay as they are, though memory is used again', async () => {
  const loader = load(transformed(jpegs, centerCrop({ size: 16 })), { workers: 2 })
  const first = await loader.batch(0)
  const before = first.image.data.slice()
  for (let step = 1; step < 12; step++) await loader.batch(step)
  expect(first.image.data).toEqual(before)
  expect(first.image.data.buffer).toBeInstanceOf(ArrayBuffer)
})

test('what is loaded ahead is bounded in bytes, and what was loaded ahead is used', async () => {
  const source = transformed(jpegs, centerCrop({ size: 16 }))
  const batchBytes = 8 * 16 * 16 * 3
  const ahead = async (prefetchBytes: number) => {
    const locate = vi.spyOn(source.source.encoded!, 'locate')
    const loader = load(source, { workers: 2, prefetchBytes })
    const most: number[] = []
    for (let step = 0; step < 5; step++) {
      await loader.batch(step)
      await new Promise((resolve) => setTimeout(resolve, 20))
      most.push(loader.prefetchedBytes)
    }
    const located = locate.mock.calls.length
    locate.mockRestore()
    return { most: Math.max(...most), located }
  }
  expect(await ahead(0)).toEqual({ most: 0, located: 5 })
  expect(await ahead(3 * batchBytes + 1)).toEqual({ most: 3 * batchBytes, located: 8 })
  expect((await ahead(2 ** 30)).most).toBe(16 * batchBytes)
})

test('the bytes of encoded images in memory count too', async () => {
  const source = transformed(await jpegSource(folder, 22, { inMemory: true }), centerCrop({ size: 16 }))
  const prefetchBytes = 65_000
  const loader = load(source, { workers: 1, prefetchBytes })
  for (let step = 0; step < 5; step++) {
    await loader.batch(step)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(loader.prefetchedBytes).toBeLessThanOrEqual(prefetchBytes)
    expect(loader.prefetchedBytes).toBeGreaterThan(8 * 16 * 16 * 3)
  }
})

/** The files of the folder that this process has open. */
const openFiles = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false
    }
  })

describe('the end', () => {
  const source = transformed(jpegs, centerCrop({ size: 16 }))
  test.each([0, 2])('after an abort no file is open and no thread runs: %i threads', async (workers) => {
    const started: Worker[] = []
    const note = (worker: Worker) => started.push(worker)
    process.on('worker', note)
    const controller = new AbortController()
    const loader = load(source, { workers, signal: controller.signal })
    await loader.batch(0)
    const awaited = [1, 2, 40].map((step) => loader.batch(step).catch((error: unknown) => error))
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort(new Error('enough'))
    for (const error of await Promise.all(awaited))
      expect(error).toMatchObject({ code: 'interrupted', message: 'imageLoader: interrupted' })
    await loader.close()
    process.off('worker', note)
    expect(openFiles()).toEqual([])
    expect(started.map(({ threadId }) => threadId)).toEqual(Array(workers).fill(-1))
    await expect(loader.batch(1)).rejects.toMatchObject({ code: 'interrupted', cause: new Error('enough') })
  })

  test('a closed loader refuses, and closing twice is closing once', async () => {
    const loader = load(source, { workers: 1 })
    const batch = loader.batch(0).catch((error: unknown) => error)
    await Promise.all([loader.close(), loader.close()])
    const closed = { code: 'input', message: 'imageLoader: expected a loader that is open, got one that was closed' }
    expect(await batch).toMatchObject(closed)
    await expect(loader.batch(0)).rejects.toMatchObject(closed)
  })

  test('a thread that ends by itself is an error, not a wait without end', async () => {
    const starting = once(process, 'worker') as Promise<[Worker]>
    const loader = load(source, { workers: 1, prefetchBytes: 0 })
    await loader.batch(0)
    const batch = loader.batch(1).catch((error: unknown) => error)
    await (await starting)[0].terminate()
    const ended = { code: 'engine', message: 'imageLoader: a thread has ended: exit code 1' }
    expect(await batch).toMatchObject(ended)
    await expect(loader.batch(2)).rejects.toMatchObject(ended)
  })
})
