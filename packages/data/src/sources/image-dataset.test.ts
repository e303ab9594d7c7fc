import { expect, expectTypeOf, test } from 'vitest'
import { imageDataset } from './image-dataset.ts'
import type { LabelledSource } from './image-source.ts'

const fields = {
  name: 'tiny',
  images: { shape: [3, 2, 2, 1], data: Uint8Array.of(0, 255, 51, 204, 1, 2, 3, 4, 5, 6, 7, 8) },
  labels: Int32Array.of(0, 1, 0),
  classNames: ['cat', 'dog'],
}

test('reads the images at the indices, without copying them, and their labels', async () => {
  const dataset = imageDataset(fields)
  const { images, labels } = await dataset.read([1, 0, 1])
  expect(images.map(({ shape }) => shape)).toEqual(Array(3).fill([2, 2, 1]))
  expect(images.map(({ data }) => [...data])).toEqual([
    [1, 2, 3, 4],
    [0, 255, 51, 204],
    [1, 2, 3, 4],
  ])
  expect(images[0]!.data.buffer).toBe(fields.images.data.buffer)
  expect(labels).toEqual([1, 0, 1])
  expect(dataset).toMatchObject({ ...fields, count: 3, channels: 1, size: [2, 2] })
})

test('images need not be square, nor labelled', async () => {
  const dataset = imageDataset({ name: 'wide', images: { shape: [2, 1, 2, 3], data: new Uint8Array(12) } })
  expect(dataset).toMatchObject({ count: 2, channels: 3, size: [1, 2] })
  expect(dataset.classNames).toBeUndefined()
  expect((await dataset.read([0])).labels).toBeUndefined()
  expectTypeOf(dataset.labels).toEqualTypeOf<Int32Array | undefined>()
  expectTypeOf(imageDataset(fields).labels).toEqualTypeOf<Int32Array>()
  expectTypeOf(imageDataset(fields)).toExtend<LabelledSource>()
})

test('imageDataset refuses what does not fit together', () => {
  const images = (...shape: number[]) => ({ ...fields, images: { shape, data: fields.images.data } })
  expect(() => imageDataset(images(3, 0, 4, 1))).toThrow(
    'tiny: wrong image size: expected [n, height, width, 1 to 4], got [3,0,4,1]',
  )
  expect(() => imageDataset(images(3, 1, 1, 5))).toThrow('wrong image size')
  expect(() => imageDataset(images(3, 2, 2))).toThrow('wrong image size')
  expect(() => imageDataset(images(3, 2, 2, 3))).toThrow('wrong image size: [3,2,2,3] takes 36 bytes, got 12')
  expect(() => imageDataset({ ...fields, labels: Int32Array.of(0) })).toThrow(
    'tiny: expected 3 labels, one for each image, got 1',
  )
  expect(() => imageDataset({ ...fields, labels: Int32Array.of(0, 1, 2) })).toThrow(
    'tiny: expected labels from 0 to 1, got 2 for image 2',
  )
  expect(() => imageDataset({ ...fields, labels: Int32Array.of(0, -1, 1) })).toThrow('got -1 for image 1')
  expect(() => imageDataset({ ...fields, classNames: ['cat', 'cat'] })).toThrow("got 'cat' twice")
})

test('labels by name, as a list, and in any type of integers become indices', () => {
  const labels = Int32Array.of(0, 1, 0)
  for (const given of [['cat', 'dog', 'cat'], [0, 1, 0], Uint8Array.of(0, 1, 0), Float32Array.of(0, 1, 0)])
    expect(imageDataset({ ...fields, labels: given }).labels).toEqual(labels)
  expect([...imageDataset({ ...fields, labels: ['dog', 'cat', 'dog'] }).labels]).toEqual([1, 0, 1])
})

test('a single class, and bytes that clamp', () => {
  const one = imageDataset({ ...fields, labels: ['all', 'all', 'all'], classNames: ['all'] })
  expect([...one.labels]).toEqual([0, 0, 0])
  const images = { shape: [3, 2, 2, 1], data: Uint8ClampedArray.from(fields.images.data) as never }
  expect(imageDataset({ ...fields, images })).toMatchObject(fields)
})

test.each([
  [{ labels: ['cat', 'bird', 'cat'] }, "tiny: expected labels of cat, dog, got 'bird' for image 1"],
  [{ labels: ['0', '1', '0'] }, "tiny: expected labels of cat, dog, got '0' for image 0"],
  [{ labels: [0, 0.5, 1] }, 'tiny: expected labels from 0 to 1, got 0.5 for image 1'],
  [{ labels: [0, undefined, 1] }, 'tiny: expected labels from 0 to 1, got undefined for image 1'],
  [{ labels: Float32Array.of(0, Number.NaN, 1) }, 'got NaN for image 1'],
  [{ labels: undefined }, 'tiny: expected labels, a list of indices into classNames or of names, got undefined'],
  [{ classNames: undefined }, 'tiny: expected classNames, a list of at least one text, got undefined'],
  [{ classNames: [] }, 'tiny: expected classNames, a list of at least one text, got an array of 0'],
  [{ classNames: [0, 1] }, 'tiny: expected classNames, a list of at least one text, got an array of 2'],
  [
    { images: { shape: [3, 2, 2, 1], data: new Float32Array(12) } },
    'tiny: expected images in bytes, a Uint8Array of 0 to 255, got a Float32Array of 12; toUint8 makes them of values from -1 to 1',
  ],
  [
    { images: { shape: [0, 2, 2, 1], data: new Uint8Array() }, labels: [] },
    'expected at least one image, got [0,2,2,1]',
  ],
  [{ images: undefined }, 'tiny: expected images { shape: [n, height, width, 1 to 4], data: bytes }, got undefined'],
  [{ images: new Uint8Array(12) }, 'data: bytes }, got a Uint8Array of 12'],
  [{ name: undefined }, 'imageDataset: expected a name, a text, got undefined'],
  [{ lables: [0, 1, 0] }, "imageDataset: unknown option 'lables'. Did you mean 'labels'?"],
])('imageDataset refuses %j', (wrong, message) => {
  expect(() => imageDataset({ ...fields, ...wrong } as never)).toThrow(message)
})
