import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { table } from '@cascade-diffusion/checks'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, expectTypeOf, test } from 'vitest'
import type { ImageDataset, LabelledDataset } from '../sources/image-dataset.ts'
import { idxEntry } from './idx-entry.ts'
import { idxImages } from './idx-images.ts'

const folder = temporaryFolder()

/** An IDX file with values that count up, or with those given. */
function written(name: string, shape: readonly number[], given?: readonly number[]): string {
  const header = shape.flatMap((n) => [n >> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255])
  const values = given ?? Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i)
  const bytes = Uint8Array.of(0, 0, 8, shape.length, ...header, ...values)
  const path = join(folder, name)
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(bytes) : bytes)
  return path
}

const images = written('images', [4, 2, 3])
const packed = written('images.gz', [4, 2, 3])
const labels = written('labels', [4], [0, 2, 1, 0])
const letters = written('letters.gz', [4], [1, 3, 2, 3])

test('images and labels, plain and compressed', async () => {
  const plain = await idxImages({ images, labels })
  expectTypeOf(plain).toEqualTypeOf<LabelledDataset>()
  expect(plain).toMatchObject({ name: images, count: 4, size: [2, 3], channels: 1, classNames: ['0', '1', '2'] })
  expect(plain.images).toEqual({ shape: [4, 2, 3, 1], data: Uint8Array.from({ length: 24 }, (_, i) => i) })
  expect([...plain.labels]).toEqual([0, 2, 1, 0])
  const { images: unpacked } = await idxImages({ images: packed, labels })
  expect(unpacked).toEqual(plain.images)
  const alone = await idxImages({ images: written('colours', [2, 2, 2, 3]), name: 'colours' })
  expectTypeOf(alone).toEqualTypeOf<ImageDataset>()
  expect(alone).toMatchObject({ name: 'colours', count: 2, size: [2, 2], channels: 3, classNames: undefined })
})

test('labels from 1, as of the letters of EMNIST, are refused with what to do', async () => {
  const load = (options: object) => idxImages({ images, labels: letters, name: 'letters', ...options })
  const advice = ': firstLabel: 1 makes 1 the label of the first class'
  await expect(load({})).rejects.toThrow(`letters: expected labels from 0, got labels from 1 to 3${advice}`)
  await expect(load({ classNames: ['a', 'b', 'c'] })).rejects.toThrow(
    `letters: expected labels from 0 to 2, got 3 for image 1${advice}`,
  )
  const source = await load({ classNames: ['a', 'b', 'c'], firstLabel: 1 })
  expect([...source.labels]).toEqual([0, 2, 1, 2])
  expect((await load({ firstLabel: 1 })).classNames).toEqual(['1', '2', '3'])
  // A class may have no images if the classes are given.
  expect([...(await load({ classNames: ['-', 'a', 'b', 'c'] })).labels]).toEqual([1, 3, 2, 3])
  await expect(load({ firstLabel: 2 })).rejects.toThrow('expected labels from 2 to 3, got 1 for image 0')
})

test('images with rows and columns exchanged, as in EMNIST', async () => {
  const source = await idxImages({ images: packed, transposed: true })
  expect(source.size).toEqual([3, 2])
  expect([...source.images.data.subarray(0, 12)]).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
})

test('wrong files are errors that name them', async () => {
  await expect(idxImages({ images: labels })).rejects.toThrow(`${labels}: expected images [n, height, width], got [4]`)
  await expect(idxImages({ images, labels: images })).rejects.toThrow(`${images}: expected labels [n], got [4,2,3]`)
  const few = written('few', [3])
  await expect(idxImages({ images, labels: few })).rejects.toThrow(/expected 4 labels, .* got 3 in .*few/)
  await expect(idxImages({ images: join(folder, 'none') })).rejects.toThrow(/none: expected an IDX file: ENOENT/)
  const cut = join(folder, 'cut.gz')
  writeFileSync(cut, gzipSync(new Uint8Array(100)).subarray(0, -12))
  await expect(idxImages({ images: cut })).rejects.toThrow(`${cut}: expected an IDX file of bytes`)
  const short = written('short.gz', [4, 2, 3], [1, 2, 3])
  await expect(idxImages({ images: short })).rejects.toThrow(
    `${short}: expected 40 bytes for the shape [4,2,3], got 19`,
  )
})

test('a compressed file inflates to what its header says, and no further', async () => {
  const long = join(folder, 'long.gz')
  const header = Buffer.of(0, 0, 8, 1, 0, 1, 0, 0)
  writeFileSync(long, gzipSync(Buffer.concat([header, randomBytes(16_384), Buffer.alloc(1 << 26)])))
  await expect(idxImages({ images: long })).rejects.toThrow(
    /long\.gz: could not be inflated: .*larger than 65545 bytes/,
  )
  const endless = join(folder, 'endless.gz')
  writeFileSync(endless, gzipSync(Buffer.concat([Buffer.of(0, 0, 8, 3), Buffer.alloc(12, 255), randomBytes(16_384)])))
  await expect(idxImages({ images: endless })).rejects.toThrow('for the shape [4294967295,4294967295,4294967295]')
})

test('wrong options are errors', async () => {
  await expect(idxImages({ images: 3 } as never)).rejects.toThrow('idxImages: expected images, a text, got 3')
  await expect(idxImages({ images, label: labels } as never)).rejects.toThrow("Did you mean 'labels'?")
  await expect(idxImages({ images, classNames: ['a'] })).rejects.toThrow('expected a file of labels for the classNames')
  await expect(idxImages({ images, labels, firstLabel: -1 })).rejects.toThrow('expected firstLabel, an integer from 0')
})

test('the entry makes them of a JSON value', async () => {
  const sources = table('a source', [idxEntry])
  const source = await sources.of('test', { name: 'idx', images, labels })
  expect(source).toMatchObject({ count: 4, classNames: ['0', '1', '2'] })
})
