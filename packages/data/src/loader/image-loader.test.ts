import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { readBatch } from '../batches/read-batch.ts'
import { shuffledIndices } from '../batches/shuffled-indices.ts'
import { imageDataset } from '../sources/image-dataset.ts'
import { randomFlip } from '../transforms/random-flip.ts'
import { transformed } from '../transforms/transformed.ts'
import { imageLoader } from './image-loader.ts'

const source = imageDataset({
  name: 'numbers',
  images: { shape: [10, 1, 2, 1], data: Uint8Array.from({ length: 20 }, (_, i) => i) },
  labels: Array.from({ length: 10 }, (_, i) => i % 3),
  classNames: ['a', 'b', 'c'],
})

test('the batch of a step has the images of shuffledIndices', async () => {
  await using loader = imageLoader(source, { batchSize: 4, rng: rng(1) })
  const indices = shuffledIndices(10, 4, rng(1))
  for (const step of [0, 1, 2, 7]) expect(await loader.batch(step)).toEqual(await readBatch(source, indices(step)))
})

test('a batch depends on its step and keys alone', async () => {
  const flipped = transformed(source, randomFlip())
  const loaderOf = (seed: number) => imageLoader(flipped, { batchSize: 8, rng: rng(1), draws: rng(seed) })
  await using inOrder = loaderOf(2)
  const steps = await Promise.all([0, 1, 2, 3].map((step) => inOrder.batch(step)))
  await using resumed = loaderOf(2)
  for (const step of [3, 1]) expect(await resumed.batch(step)).toEqual(steps[step])
  await using other = loaderOf(4)
  expect((await other.batch(3)).image).not.toEqual(steps[3]!.image)
})

test("what transforms draw is of the order's key, if no other is given; images in order need one", async () => {
  const flipped = transformed(source, randomFlip())
  await using loader = imageLoader(flipped, { batchSize: 8, rng: rng(1) })
  await using same = imageLoader(flipped, { batchSize: 8, rng: rng(1), draws: rng(1).fold('draws') })
  for (const step of [0, 3]) expect(await loader.batch(step)).toEqual(await same.batch(step))
  expect(() => imageLoader(flipped, { batchSize: 8, order: 'sequential' })).toThrow(
    "imageLoader: expected draws, a key for the transform 'random-flip', got none",
  )
})

test('wrong options are errors', () => {
  const load = (changes: object) => imageLoader(source, { batchSize: 4, rng: rng(1), ...changes } as never)
  expect(() => load({ batchsize: 4 })).toThrow("Did you mean 'batchSize'?")
  expect(() => load({ batchSize: 0 })).toThrow('expected batchSize, an integer from 1, got 0')
  expect(() => load({ rng: undefined })).toThrow('imageLoader: expected rng, a key such as rng(0) gives, got undefined')
  expect(() => imageLoader({} as never, { batchSize: 4, rng: rng(1) })).toThrow('imageLoader: expected a dataset')
  expect(() => imageLoader('photos' as never, { batchSize: 4, rng: rng(1) })).toThrow(
    "got 'photos': await openImages(path) opens a path",
  )
  expect(() => imageLoader(Promise.resolve(source) as never, { batchSize: 4, rng: rng(1) })).toThrow(
    'got a Promise: await it',
  )
})
