import { expect, test } from 'vitest'
import { toUint8 } from './byte-images.ts'
import { batch, classIndex, imageDataset } from './image-dataset.ts'

const fields = {
  name: 'tiny',
  images: { shape: [3, 2, 2, 1], data: Uint8Array.of(0, 255, 51, 204, 1, 2, 3, 4, 5, 6, 7, 8) },
  labels: Int32Array.of(0, 1, 0),
  classNames: ['cat', 'dog'],
}

test('batch takes images in [-1, 1] and their labels in the order of the indices', () => {
  const { image, label } = batch(imageDataset(fields), [1, 0, 1])
  expect(image.shape).toEqual([3, 2, 2, 1])
  const expected = [1, 2, 3, 4, 0, 255, 51, 204, 1, 2, 3, 4].map((byte) => byte / 127.5 - 1)
  expected.forEach((x, i) => {
    expect(image.data[i]).toBeCloseTo(x, 6)
  })
  expect(image.data.slice(4, 6)).toEqual(Float32Array.of(-1, 1))
  expect(label).toEqual({ dtype: 'int32', shape: [3], data: Int32Array.of(1, 0, 1) })
  for (const index of [3, -1, 0.5])
    expect(() => batch(fields, [index])).toThrow(`batch: expected indices from 0 to 2 of tiny, got ${index}`)
})

test('every byte comes back from a batch as it was', () => {
  const data = Uint8Array.from({ length: 256 }, (_, i) => i)
  const images = { shape: [1, 16, 16, 1], data }
  expect(toUint8(batch({ ...fields, images, labels: Int32Array.of(0) }, [0]).image).data).toEqual(data)
})

test('imageDataset refuses what does not fit together', () => {
  const images = (...shape: number[]) => ({ ...fields, images: { shape, data: fields.images.data } })
  expect(imageDataset(fields)).toEqual(fields)
  expect(() => imageDataset(images(3, 4, 1, 1))).toThrow(
    'tiny: wrong image size: expected [n, size, size, 1 or 3], got [3,4,1,1]',
  )
  expect(() => imageDataset(images(3, 1, 1, 4))).toThrow('wrong image size')
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
  expect(batch(imageDataset({ ...fields, labels: ['dog', 'cat', 'dog'] }), [0, 1]).label.data).toEqual(
    Int32Array.of(1, 0),
  )
})

test('a single class, and bytes that clamp', () => {
  const one = imageDataset({ ...fields, labels: ['all', 'all', 'all'], classNames: ['all'] })
  expect([...one.labels]).toEqual([0, 0, 0])
  const images = { shape: [3, 2, 2, 1], data: Uint8ClampedArray.from(fields.images.data) as never }
  expect(imageDataset({ ...fields, images })).toEqual(fields)
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
  [{ images: undefined }, 'tiny: expected images { shape: [n, size, size, 1 or 3], data: bytes }, got undefined'],
  [{ images: new Uint8Array(12) }, 'data: bytes }, got a Uint8Array of 12'],
  [{ name: undefined }, 'imageDataset: expected a name, a text, got undefined'],
  [{ lables: [0, 1, 0] }, "imageDataset: unknown option 'lables'. Did you mean 'labels'?"],
])('imageDataset refuses %j', (wrong, message) => {
  expect(() => imageDataset({ ...fields, ...wrong } as never)).toThrow(message)
})

test('a batch refuses labels of a record that nobody checked', () => {
  for (const label of [2, -1])
    expect(() => batch({ ...fields, labels: Int32Array.of(0, label, 0) }, [1])).toThrow(
      `batch: expected labels from 0 to 1 of tiny, got ${label} for image 1`,
    )
})

test('classIndex finds a class by name or index and lists the names otherwise', () => {
  expect([classIndex(fields, 'dog'), classIndex(fields, 0)]).toEqual([1, 0])
  expect(classIndex({ classNames: ['7', '5'] }, '5')).toBe(1)
  for (const label of ['bird', 2, -1, 0.5, '1'])
    expect(() => classIndex(fields, label)).toThrow(
      `unknown class label ${label}: expected cat, dog, or an index from 0 to 1`,
    )
})
