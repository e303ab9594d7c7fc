import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { npzLayout } from '@cascade-diffusion/checkpoints'
import { isCascadeError } from '@cascade-diffusion/checks'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import type { LabelledSource } from '../sources/image-source.ts'
import { layoutOf } from './layout.ts'
import { npzEntry } from './npz-entry.ts'
import { npzImages } from './npz-images.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const fixture = (name: string) => join(fixtures, name)

/** What numpy wrote: seven images of 5×4 in RGB, and their labels. */
const numpy: { readonly images: number[][][][]; readonly labels: number[] } = JSON.parse(
  readFileSync(fixture('expected.json'), 'utf8'),
)
const image = (i: number) => ({ shape: [5, 4, 3], data: Uint8Array.from(numpy.images[i]!.flat(2)) })

test.each(['adm.npz', 'compressed.npz'])('%s: images and labels of samples of ADM', async (name) => {
  const source = await npzImages(fixture(name))
  expect([source.count, source.channels, source.size, source.name]).toEqual([7, 3, [5, 4], fixture(name)])
  expect(source.classNames).toEqual(['0', '1', '2', '3'])
  expect([...((await source.readLabels?.()) ?? [])]).toEqual(numpy.labels)
  const order = [6, 0, 3, 3]
  const { images, labels } = await source.read(order)
  expect(images).toEqual(order.map(image))
  expect(labels).toEqual(order.map((i) => numpy.labels[i]))
  const labelled = await npzImages(fixture(name), { labels: 'arr_1' })
  expectTypeOf(labelled).toExtend<LabelledSource>()
  expectTypeOf(source).not.toExtend<LabelledSource>()
  const { image: batch, label } = await readBatch(labelled, [2, 5])
  expect([batch.shape, [...label.data]]).toEqual([
    [2, 5, 4, 3],
    [2, 0],
  ])
})

test('.npy files: images, and labels in another one', async () => {
  const source = await npzImages(fixture('images.npy'), {
    labels: fixture('labels.npy'),
    classNames: ['a', 'b', 'c', 'd'],
  })
  const { images, labels } = await source.read([1, 6])
  expect([images, labels, source.classNames]).toEqual([
    [image(1), image(6)],
    [0, 3],
    ['a', 'b', 'c', 'd'],
  ])
  expect((await npzImages(fixture('images.npy'))).classNames).toBeUndefined()
})

test('arrays by name, of grey images and with channels first', async () => {
  const grey = await npzImages(fixture('named.npz'), { images: 'train', labels: 'y' })
  expect([grey.channels, grey.size]).toEqual([1, [5, 4]])
  const { images, labels } = await grey.read([4])
  expect(images).toEqual([{ shape: [5, 4, 1], data: image(4).data.filter((_, i) => i % 3 === 0) }])
  expect(labels).toEqual([numpy.labels[4]])
  const first = await npzImages(fixture('named.npz'), { images: 'channels_first', layout: 'NCHW' })
  expect((await first.read([2, 0])).images).toEqual([image(2), image(0)])
})

test('column-major arrays are read into memory', async () => {
  const source = await npzImages(fixture('fortran.npz'))
  expect((await source.read([5, 1])).images).toEqual([image(5), image(1)])
})

test('the places of npzLayout, by which samples are written', async () => {
  const path = join(temporaryFolder(), 'samples.npz')
  const layout = npzLayout([
    { name: 'arr_0', type: 'uint8', shape: [7, 5, 4, 3] },
    { name: 'arr_1', type: 'int64', shape: [7] },
  ])
  const bytes = Buffer.alloc(layout.size)
  const values = [
    Buffer.concat(numpy.images.map((_, i) => image(i).data)),
    Buffer.from(BigInt64Array.from(numpy.labels, BigInt).buffer),
  ]
  const crcs = layout.places.map(({ position, crc }, i) => {
    bytes.set(values[i]!, position)
    return crc32(values[i]!, crc)
  })
  for (const { position, bytes: part } of layout.frame(crcs)) bytes.set(part, position)
  writeFileSync(path, bytes)
  const source = await npzImages(path)
  expect(await source.read([0, 6])).toEqual({ images: [image(0), image(6)], labels: [3, 3] })
})

describe('errors', () => {
  test('of types and shapes say what to do', async () => {
    await expect(npzImages(fixture('floats.npz'))).rejects.toThrow(
      `${fixture('floats.npz')}: array 'arr_0': expected images in bytes, uint8, got float32 [7,5,4,3]: save bytes, ((images + 1) * 127.5)`,
    )
    await expect(npzImages(fixture('named.npz'), { images: 'y' })).rejects.toThrow(
      'expected images [n, height, width, 1 to 4 channels], or [n, height, width] in grey, got [7]',
    )
    await expect(npzImages(fixture('labels.npy'))).rejects.toThrow(
      'labels.npy: expected images in bytes, uint8, got int64 [7]',
    )
    const first = { type: 'uint8', shape: [7, 3, 64, 64], bigEndian: false, columnMajor: false } as const
    expect(() => layoutOf('x', first, 'NHWC')).toThrow("got [7,3,64,64]: layout: 'NCHW' reads them")
    expect(() => layoutOf('x', { ...first, shape: [0, 64, 64, 3] }, 'NHWC')).toThrow(
      'at least one pixel, got [0,64,64,3]',
    )
    await expect(npzImages(fixture('adm.npz'), { layout: 'NCHW' })).rejects.toThrow(
      "expected images [n, 1 to 4 channels, height, width], or [n, height, width] in grey, got [7,5,4,3]: layout: 'NHWC' reads them",
    )
    await expect(npzImages(fixture('adm.npz'), { images: 'images' })).rejects.toThrow(
      "adm.npz: expected an array 'images' of images, got 'arr_0' (uint8 [7,5,4,3]), 'arr_1' (int64 [7])",
    )
  })

  test('of labels', async () => {
    await expect(npzImages(fixture('floats.npz'), { images: 'arr_1' })).rejects.toThrow('got float64 [7]')
    await expect(npzImages(fixture('adm.npz'), { labels: 'y' })).rejects.toThrow(
      "expected an array 'y' of labels, got 'arr_0'",
    )
    await expect(npzImages(fixture('adm.npz'), { labels: 'arr_0' })).rejects.toThrow(
      'expected labels, whole numbers [n], got uint8 [7,5,4,3]',
    )
    await expect(npzImages(fixture('adm.npz'), { classNames: ['a', 'b'] })).rejects.toThrow(
      'expected labels from 0 to 1, got 3 for image 0',
    )
    await expect(npzImages(fixture('adm.npz'), { labels: false, classNames: ['a'] })).rejects.toThrow(
      'expected labels with classNames',
    )
    expect((await npzImages(fixture('adm.npz'), { labels: false })).classNames).toBeUndefined()
  })

  test('of options', async () => {
    const wrong = (options: object) => npzImages(fixture('adm.npz'), options)
    await expect(wrong({ image: 'x' })).rejects.toThrow("npzImages: unknown option 'image'. Did you mean 'images'?")
    await expect(wrong({ layout: 'CHW' })).rejects.toThrow("expected a layout, one of 'NHWC', 'NCHW'; got 'CHW'")
    await expect(wrong({ labels: 3 })).rejects.toThrow('expected labels, the name of an array or false, got 3')
    await expect(wrong({ images: 3 })).rejects.toThrow('expected images, the name of an array, got 3')
    await expect(npzImages(3 as unknown as string)).rejects.toThrow('expected the path of a file, got 3')
  })

  test('of files', async () => {
    const path = join(temporaryFolder(), 'x.npz')
    await expect(npzImages(path)).rejects.toMatchObject({ code: 'file', message: expect.stringContaining(path) })
    for (const name of ['adm.npz', 'images.npy']) {
      copyFileSync(fixture(name), path)
      truncateSync(path, 300)
      await expect(npzImages(path)).rejects.toMatchObject({ code: 'data', message: expect.stringContaining(path) })
    }
    copyFileSync(fixture('adm.npz'), path)
    const source = await npzImages(path)
    truncateSync(path, 300)
    await expect(source.read([6])).rejects.toThrow(`${path}: expected bytes`)
  })
})

test('by name, as a JSON value', async () => {
  const source = await npzEntry.make({ name: 'npz', path: fixture('adm.npz'), labels: false })
  expect([source.count, source.classNames]).toEqual([7, undefined])
})

test.each(['adm.npz', 'compressed.npz', 'fortran.npz', 'images.npy'])(
  'damaged copies of %s are read or are errors of ours',
  async (name) => {
    const file = readFileSync(fixture(name))
    const path = join(temporaryFolder(), 'x')
    let errors = 0
    for (let i = 0; i < 120; i++) {
      const [at, value, length] = rng(i).integers([3], 0, 2 ** 30).data as unknown as [number, number, number]
      const bytes = Buffer.from(i % 10 === 0 ? file.subarray(0, length % file.length) : file)
      if (bytes.length > 0) bytes[at % bytes.length] = i % 3 === 0 ? 0xff : value
      writeFileSync(path, bytes)
      const error = await npzImages(path)
        .then(async (source) => source.read([0, source.count - 1]))
        .then(
          () => undefined,
          (cause: unknown) => cause,
        )
      if (error === undefined) continue
      errors++
      if (!isCascadeError(error)) throw new Error(`copy ${i}: not an error of ours`, { cause: error })
      expect(['data', 'unsupported']).toContain(error.code)
      expect(error.message).toContain(path)
    }
    expect(errors).toBeGreaterThan(10)
  },
)
