import { rng } from '@cascade-diffusion/random'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import type { ByteImages } from '../images/byte-images.ts'
import { imageDataset } from '../sources/image-dataset.ts'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'
import { centerCrop } from './crops/center-crop.ts'
import { describeSource } from './describe-source.ts'
import type { ImageTransform } from './image-transform.ts'
import { randomFlip } from './random-flip.ts'
import { randomShift } from './random-shift.ts'
import { resize } from './resize.ts'
import { transformed } from './transformed.ts'

const source = imageDataset({
  name: 'noise',
  images: { shape: [12, 4, 6, 3], data: Uint8Array.from(rng(1).integers([12 * 72], 0, 256).data) },
  labels: Array.from({ length: 12 }, (_, i) => i % 2),
  classNames: ['even', 'odd'],
})
const all = Array.from({ length: 12 }, (_, i) => i)

test('transforms are applied in their order, and the size is known beforehand', async () => {
  const small = transformed(source, centerCrop(), resize({ size: 2 }))
  expect(small).toMatchObject({ name: 'noise', count: 12, channels: 3, size: [2, 2], classNames: ['even', 'odd'] })
  expectTypeOf(small).toExtend<LabelledSource>()
  const given = await source.read([5, 3])
  const { images, labels } = await small.read([5, 3])
  expect(Array.from(labels!)).toEqual(given.labels)
  expect(images).toEqual(
    given.images.map((image) => resize({ size: 2 }).apply(centerCrop().apply(image, undefined), undefined)),
  )
})

test('images of different sizes become one', async () => {
  const sizes = [
    [5, 9],
    [8, 4],
    [4, 4],
  ] as const
  const photos: ImageSource = {
    name: 'photos',
    count: 3,
    channels: 1,
    read: async (indices) => ({
      images: indices.map((i) => ({
        shape: [...sizes[i]!, 1],
        data: new Uint8Array(sizes[i]![0] * sizes[i]![1]).fill(i),
      })),
    }),
  }
  const square = transformed(photos, centerCrop())
  expect(square.size).toBeUndefined()
  await expect(readBatch(square, [0, 1])).rejects.toThrow(
    'photos: expected images of one size, 5×5, got 4×4 in image 1',
  )
  const even = transformed(square, resize({ size: 4 }))
  expect(even.size).toEqual([4, 4])
  const { image } = await readBatch(even, [2, 0, 1])
  expect(image.data).toEqual(Float32Array.from([2, 0, 1].flatMap((byte) => Array(16).fill(byte / 127.5 - 1))))
})

describe('random transforms', () => {
  const flipped = transformed(source, randomFlip())

  test('an image depends on the key and its place, not on the others', async () => {
    const key = rng(7)
    const { images } = await flipped.read(all, { rng: key })
    expect((await flipped.read(all, { rng: key })).images).toEqual(images)
    expect((await flipped.read(all, { rng: rng(8) })).images).not.toEqual(images)
    for (const place of [0, 5, 11])
      expect((await flipped.read([place], { rng: key, firstIndex: place })).images).toEqual([images[place]])
    const other = await flipped.read([3, ...all.slice(1)], { rng: key })
    expect(other.images.slice(1)).toEqual(images.slice(1))
  })

  test('two of a kind draw apart, nested or not', async () => {
    const twice = transformed(flipped, randomFlip())
    expect(twice.transforms).toHaveLength(2)
    const plain = await source.read(all)
    const { images } = await twice.read(all, { rng: rng(7) })
    expect(images).not.toEqual(plain.images)
    expect(images).toEqual((await transformed(source, randomFlip(), randomFlip()).read(all, { rng: rng(7) })).images)
  })

  test('different ones draw apart from each other', async () => {
    const both = transformed(source, randomShift(), randomFlip())
    const shifted = await transformed(source, randomShift()).read(all, { rng: rng(7) })
    const flips = all.map((place) => randomFlip().draw!(rng(7), place))
    expect((await both.read(all, { rng: rng(7) })).images).toEqual(
      shifted.images.map((image, i) => randomFlip().apply(image, flips[i]!)),
    )
  })

  test('without a key they are an error', async () => {
    await expect(flipped.read([0])).rejects.toThrow("noise: expected a key for the transform 'random-flip': { rng }")
  })
})

/** A transform of a test: another image than its neighbour's at each place. */
const brighten: ImageTransform<number> = {
  name: 'brighten',
  draw: (key, place) => key.fold('brighten').integers([], 0, 100, place).data[0]!,
  apply: ({ shape, data }, by) => ({ shape, data: data.map((byte) => Math.min(255, byte + by)) }),
}

test('a custom transform is an object', async () => {
  const { images } = await transformed(source, brighten).read([4], { rng: rng(1) })
  const by = rng(1).fold('brighten').integers([1], 0, 100).data[0]!
  const { images: plain } = await source.read([4])
  expect([...images[0]!.data]).toEqual(Array.from(plain[0]!.data, (byte) => Math.min(255, byte + by)))
})

test.each<[ImageTransform, string]>([
  [centerCrop({ size: 5 }), 'centerCrop: expected images of at least 5×5, got 4×6'],
  [
    { name: 'none' } as never,
    'transformed: expected transforms, such as resize({ size: 64 }) and randomFlip() give, got an object',
  ],
  [undefined as never, 'got undefined'],
  [randomFlip as never, 'such as resize({ size: 64 }) and randomFlip() give, got the function randomFlip'],
])('what does not fit is refused at once: %#', (transform, message) => {
  expect(() => transformed(source, transform)).toThrow(message)
})

test('what fails is named with the image', async () => {
  const apply = (): ByteImages => {
    throw new Error('no')
  }
  await expect(transformed(source, { name: 'broken', apply }).read([7])).rejects.toThrow('noise: image 7: no')
  const none = { name: 'nothing', apply: () => undefined as never }
  await expect(transformed(source, none).read([7])).rejects.toThrow(
    "noise: transform 'nothing': expected image 7 in bytes, { shape: [height, width, channels], data: Uint8Array }, got undefined",
  )
})

test('a description says the name, the shape and the transforms', () => {
  expect(describeSource(source)).toEqual({ name: 'noise', images: [12, 4, 6, 3] })
  expect(describeSource(transformed(source, brighten, resize({ size: 2 })))).toEqual({
    name: 'noise',
    images: [12, 2, 2, 3],
    transforms: [{ name: 'brighten' }, { name: 'resize', size: 2 }],
  })
  expect(describeSource({ ...source, size: undefined }).images).toEqual([12, null, null, 3])
})
