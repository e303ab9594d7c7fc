import { isCascadeError } from '@cascade-diffusion/checks'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type ByteImages, toUint8 } from '../images/byte-images.ts'
import { imageDataset } from '../sources/image-dataset.ts'
import type { ImageSource, ReadImages } from '../sources/image-source.ts'
import type { ImageBatch, LabelledBatch } from './image-batch.ts'
import { readBatch } from './read-batch.ts'

const tiny = imageDataset({
  name: 'tiny',
  images: { shape: [3, 2, 2, 1], data: Uint8Array.of(0, 255, 51, 204, 1, 2, 3, 4, 5, 6, 7, 8) },
  labels: [0, 1, 0],
  classNames: ['cat', 'dog'],
})

test('images in [-1, 1] and their labels, in the order of the indices', async () => {
  const { image, label } = await readBatch(tiny, [1, 0, 1])
  expect(image.shape).toEqual([3, 2, 2, 1])
  const expected = [1, 2, 3, 4, 0, 255, 51, 204, 1, 2, 3, 4].map((byte) => byte / 127.5 - 1)
  expect(image.data).toEqual(Float32Array.from(expected))
  expect(image.data.slice(4, 6)).toEqual(Float32Array.of(-1, 1))
  expect(label).toEqual({ dtype: 'int32', shape: [3], data: Int32Array.of(1, 0, 1) })
  expect((await readBatch(tiny, [])).image.shape).toEqual([0, 2, 2, 1])
})

test('every byte comes back from a batch as it was', async () => {
  const data = Uint8Array.from({ length: 256 }, (_, i) => i)
  const source = imageDataset({ name: 'bytes', images: { shape: [1, 16, 16, 1], data } })
  const batch = await readBatch(source, [0])
  expect(toUint8(batch.image).data).toEqual(data)
  expect(batch.label).toBeUndefined()
})

test('a labelled source gives labels, by type', () => {
  expectTypeOf(readBatch(tiny, [0])).resolves.toEqualTypeOf<LabelledBatch>()
  expectTypeOf(readBatch(tiny as ImageSource, [0])).resolves.toEqualTypeOf<ImageBatch>()
})

const image = (...shape: number[]): ByteImages => ({ shape, data: new Uint8Array(shape.reduce((n, d) => n * d, 1)) })
/** A source that gives these images and labels. */
const source = (changes: Partial<ImageSource>, given: Partial<ReadImages> = {}): ImageSource => ({
  name: 'odd',
  count: 9,
  channels: 1,
  read: async (indices) => ({ images: indices.map(() => image(2, 2, 1)), ...given }),
  ...changes,
})
const sizes = (...all: number[][]) => ({ images: all.map((shape) => image(...shape)) })

describe('a source that gives something else is named, with the index', () => {
  const labels = (...values: number[]): [Partial<ImageSource>, Partial<ReadImages>] => [
    { classNames: ['a', 'b'] },
    { labels: values },
  ]
  test.each<[Partial<ImageSource>, Partial<ReadImages>, string]>([
    [{}, sizes([2, 2, 1]), 'odd: expected 2 images from read, got an array of 1'],
    [{}, { images: undefined }, 'odd: expected 2 images from read, got undefined'],
    [{}, sizes([2, 2, 1], [2, 2, 3]), 'odd: expected 1 channels, got 3 in image 3'],
    [
      {},
      sizes([2, 2, 1], [2, 3, 1]),
      'odd: expected images of one size, 2×2, got 2×3 in image 3; transforms make them',
    ],
    [{ size: [2, 3] }, {}, 'odd: expected images of one size, 2×3, got 2×2 in image 7'],
    [{}, { images: [image(2, 2, 1), { shape: [2, 2, 1], data: new Uint8Array(3) }] }, 'expected 4 bytes of image 3,'],
    [{}, { images: [{ shape: [4], data: new Uint8Array(4) }, image(2, 2, 1)] }, 'odd: expected image 7 in bytes,'],
    [{}, { images: [{ shape: [1, 1, 1], data: new Float32Array(1) }] as never }, 'expected 2 images from read'],
    [
      { read: () => Promise.reject(new Error('the disk is gone')) },
      {},
      'odd: could not read images 7, 3: the disk is gone',
    ],
    [{ read: () => Promise.reject('no disk') }, {}, "odd: could not read images 7, 3: 'no disk'"],
    [{ read: async () => undefined as never }, {}, 'odd: expected { images, labels } from read, got undefined'],
    [{ classNames: ['a'] }, {}, 'odd: expected 2 labels, as it has classNames, got undefined'],
    [...labels(0), 'odd: expected 2 labels, as it has classNames, got an array of 1'],
    [...labels(1, 2), 'odd: expected labels from 0 to 1, got 2 for image 3'],
    [...labels(-1, 0), 'odd: expected labels from 0 to 1, got -1 for image 7'],
    [...labels(0.5, 0), 'odd: expected labels from 0 to 1, got 0.5 for image 7'],
  ])('%#', async (changes, given, message) => {
    const error = await readBatch(source(changes, given), [7, 3]).catch((error: unknown) => error)
    expect((error as Error).message).toContain(message)
    expect(isCascadeError(error, 'data')).toBe(true)
  })
})

test.each([
  [undefined, 'readBatch: expected a dataset (imageDataset({ … }), or { name, count, channels, read }), got undefined'],
  [{ name: 'x', images: image(1, 1, 1) }, 'got an object with name, images'],
  [source({ count: 0 }), "readBatch: dataset 'odd': expected a count, an integer from 1, got 0"],
  [source({ channels: 5 }), "readBatch: dataset 'odd': expected 1 to 4 channels, got 5"],
  [source({ channels: 1.5 }), 'expected 1 to 4 channels, got 1.5'],
  [source({ size: [2] as never }), "dataset 'odd': expected a size, an integer from 1 or [height, width], got [2]"],
  [source({ size: 2 as never }), "dataset 'odd': expected a size, [height, width], got 2"],
  [source({ classNames: [] }), "dataset 'odd': expected classNames, a list of at least one text, got an array of 0"],
  [source({ classNames: ['a', 'a'] }), "dataset 'odd': expected different class names, got 'a' twice"],
])('what is no source is refused: %#', async (wrong, message) => {
  await expect(readBatch(wrong as ImageSource, [0])).rejects.toThrow(message)
})

test('a misspelt option is refused', async () => {
  await expect(readBatch(tiny, [0], { rgn: 1 } as never)).rejects.toThrow(
    "readBatch: unknown option 'rgn'. Did you mean 'rng'?",
  )
})

test.each([3, -1, 0.5])('an index outside the source is refused: %d', async (index) => {
  await expect(readBatch(tiny, [0, index])).rejects.toThrow(
    `readBatch: expected indices from 0 to 2 of tiny, got ${index}`,
  )
})
