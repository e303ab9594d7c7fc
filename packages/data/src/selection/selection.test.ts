import { rng } from '@cascade-diffusion/random'
import { expect, expectTypeOf, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { decodeImage } from '../decode/decode-image.ts'
import { imageDataset } from '../sources/image-dataset.ts'
import type { ImageSource, LabelledSource } from '../sources/image-source.ts'
import { readEncoded } from '../sources/read-encoded.ts'
import { randomShift } from '../transforms/random-shift.ts'
import { transformed } from '../transforms/transformed.ts'
import { balancedClasses } from './balanced-classes.ts'
import { concatenate } from './concatenate.ts'
import { subset } from './subset.ts'
import { takeClasses } from './take-classes.ts'
import { contents, tileFiles, tiles } from './test-support.ts'

const labels = [0, 1, 1, 2, 1, 0]

/** Whether `read`, `encoded` and `readLabels` agree. */
async function expectAgreement(source: LabelledSource): Promise<void> {
  const { pixels, labels } = await contents(source)
  expect(Array.from(await source.readLabels!())).toEqual(labels)
  if (!source.encoded) return
  const located = await source.encoded.locate(pixels.map((_, i) => i))
  expect(Array.from(located.labels!)).toEqual(labels)
  const decoded = await Promise.all(
    located.images.map(async (image) => (await decodeImage(await readEncoded(image))).data[0]),
  )
  expect(decoded).toEqual(pixels)
}

test.each([
  ['in memory', tiles(labels), false],
  ['of files', tileFiles(labels), true],
])('a subset of images %s has them at the indices, with labels', async (_, source, encoded) => {
  const some = subset(source, Uint8Array.of(4, 0, 4))
  expect(some).toMatchObject({ name: `${source.name} (subset)`, count: 3, channels: 1, classNames: ['a', 'b', 'c'] })
  expect(some.size).toEqual(source.size)
  expect(await contents(some)).toEqual({ pixels: [4, 0, 4], labels: [1, 0, 1] })
  expect(some.encoded !== undefined).toBe(encoded)
  await expectAgreement(some)
  expect(await contents(subset(some, [2, 1]))).toEqual({ pixels: [4, 0], labels: [1, 0] })
})

test('a subset copies its indices, and has no labels where there are none', async () => {
  const plain = imageDataset({ name: 'plain', images: tiles(labels).images })
  const indices = [1, 2]
  const some = subset<ImageSource>(plain, indices)
  indices[0] = 5
  expect((await some.read([0])).images[0]!.data[0]).toBe(1)
  expect((await some.read([0])).labels).toBeUndefined()
  expect(some.readLabels).toBeUndefined()
  expect(some.classNames).toBeUndefined()
})

test('a subset of a transformed source is transformed: the same images by the same draws', async () => {
  const whole = transformed(tileFiles(labels), randomShift({ maxShift: 1 }))
  const some = subset(whole, [3, 1, 2])
  expect(some.transforms).toEqual(whole.transforms)
  expect(some.source.encoded).toBeDefined()
  const options = { rng: rng(3), firstIndex: 7 }
  expect(await readBatch(some, [1, 0], options)).toEqual(await readBatch(whole, [1, 3], options))
})

test.each([
  [[], 'subset: expected indices, a list of at least one number, got an array of 0'],
  [undefined, 'expected indices, a list of at least one number, got undefined'],
  [[0, 6], 'subset: expected indices from 0 to 5 of tiles, got 6 at 1'],
  [[-1], 'got -1 at 0'],
  [[0.5], 'got 0.5 at 0'],
])('subset refuses %j', (indices, message) => {
  expect(() => subset(tiles(labels), indices as number[])).toThrow(message)
})

test('balanced classes are equally frequent, in every batch of consecutive images, and every image comes', async () => {
  for (const source of [tiles(labels), tileFiles(labels)]) {
    const balanced = await balancedClasses(source)
    expect(balanced.count).toBe(9)
    expect(await contents(balanced)).toEqual({
      pixels: [0, 1, 3, 5, 2, 3, 0, 4, 3],
      labels: [0, 1, 2, 0, 1, 2, 0, 1, 2],
    })
    await expectAgreement(balanced)
  }
})

test('balanced classes of a transformed source draw anew for each copy', async () => {
  const shifted = transformed(tiles([0, 0, 0, 1]), randomShift({ maxShift: 1 }))
  const balanced = await balancedClasses(shifted)
  const { image } = await readBatch(balanced, [1, 3, 5], { rng: rng(1) })
  const single = await readBatch(shifted, [3, 3, 3], { rng: rng(1) })
  expect(image).toEqual(single.image)
})

test('balancedClasses refuses classes without images, and labels that are not known', async () => {
  const { images } = tiles(labels)
  const gap = imageDataset({ name: 'gap', images, labels: [0, 0, 0, 2, 2, 2], classNames: ['a', 'b', 'c', 'd'] })
  await expect(balancedClasses(gap)).rejects.toMatchObject({
    code: 'data',
    message:
      'balancedClasses: expected images of every class of gap, got none of b, d; takeClasses(source, names) leaves classes out',
  })
  const plain = imageDataset({ name: 'plain', images })
  await expect(balancedClasses(plain as never)).rejects.toThrow(
    "balancedClasses: expected a source of labelled images, got 'plain' without classNames",
  )
  const { readLabels, ...without } = tiles(labels)
  await expect(balancedClasses(without)).rejects.toThrow('expected a source with readLabels')
  const short = { ...without, readLabels: async () => Int32Array.of(1) }
  await expect(balancedClasses(short)).rejects.toThrow('tiles: expected 6 labels from readLabels, got 1')
  const wrong = { ...without, readLabels: async () => Int32Array.of(0, 1, 1, 3, 1, 0) }
  await expect(balancedClasses(wrong)).rejects.toThrow('tiles: expected labels from 0 to 2, got 3 for image 3')
})

test('classes are taken in the order named, with their labels', async () => {
  for (const source of [tiles(labels), tileFiles(labels)]) {
    const some = await takeClasses(source, ['c', 'a'])
    expect(some.classNames).toEqual(['c', 'a'])
    expect(await contents(some)).toEqual({ pixels: [0, 3, 5], labels: [1, 0, 1] })
    await expectAgreement(some)
  }
  const both = await takeClasses(transformed(tiles(labels), randomShift({ maxShift: 1 })), ['b'])
  expect((await readBatch(both, [0, 1, 2], { rng: rng(0) })).label.data).toEqual(Int32Array.of(0, 0, 0))
  expect(both.name).toBe('tiles (1 class)')
})

test.each([
  [['a', 'x'], "takeClasses: expected classes of tiles, a, b, c, got 'x'"],
  [['a', 'a'], "got 'a' twice"],
  [[], 'expected classNames, a list of at least one text'],
])('takeClasses refuses %j', async (names, message) => {
  await expect(takeClasses(tiles(labels), names)).rejects.toThrow(message)
})

test('sources are concatenated; encoded if all are, by the same decoding', async () => {
  const [a, b] = [tileFiles(labels), tileFiles([2, 0, 1])]
  const both = concatenate(a, b)
  expect(both).toMatchObject({ name: 'files + files', count: 9, classNames: ['a', 'b', 'c'] })
  expect(await contents(both)).toEqual({ pixels: [0, 1, 2, 3, 4, 5, 0, 1, 2], labels: [...labels, 2, 0, 1] })
  await expectAgreement(both)
  const mixed = concatenate(a, tiles(labels))
  expect(mixed.encoded).toBeUndefined()
  await expectAgreement(mixed)
  expect(mixed.size).toBeUndefined()
  expect(concatenate(tiles(labels), tiles(labels)).size).toEqual([2, 2])
  const other = { ...b, encoded: { ...b.encoded, decoding: { channels: 1, orientation: false } as const } }
  expect(concatenate(a, other).encoded).toBeUndefined()
  const { readLabels, ...unknown } = b
  expect(concatenate(a, unknown).readLabels).toBeUndefined()
  expectTypeOf(both).toEqualTypeOf<LabelledSource>()
})

test('concatenated sources draw by the places in the batch', async () => {
  const source = transformed(tiles(labels), randomShift({ maxShift: 1 }))
  const both = concatenate(source, source)
  const options = { rng: rng(5), firstIndex: 2 }
  expect(await readBatch(both, [1, 7, 8, 2], options)).toEqual(await readBatch(source, [1, 1, 2, 2], options))
})

test('concatenate refuses no source, other channels and other classes', () => {
  expect(() => concatenate()).toThrow('concatenate: expected at least one source, got none')
  expect(() => concatenate(tiles(labels), tiles([0, 1]))).toThrow(
    "concatenate: expected 1 channels and 3 classes (a, b, c), as 'tiles' has, got 1 channels and 2 classes (a, b) in 'tiles'",
  )
  const rgb = imageDataset({ name: 'rgb', images: { shape: [1, 1, 1, 3], data: new Uint8Array(3) } })
  expect(() => concatenate(imageDataset({ name: 'x', images: tiles([0]).images }), rgb)).toThrow('3 channels and no')
})
