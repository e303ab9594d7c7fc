import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { imageDataset } from '../sources/image-dataset.ts'
import { randomFlip } from '../transforms/random-flip.ts'
import { transformed } from '../transforms/transformed.ts'
import { imageBatches } from './image-batches.ts'
import { readBatch } from './read-batch.ts'
import { shuffledIndices } from './shuffled-indices.ts'

const source = imageDataset({
  name: 'numbers',
  images: { shape: [10, 1, 2, 1], data: Uint8Array.from({ length: 20 }, (_, i) => i) },
  labels: Array.from({ length: 10 }, (_, i) => i % 3),
  classNames: ['a', 'b', 'c'],
})

test('the batch of a step has the images of shuffledIndices', async () => {
  const batch = imageBatches(source, { batchSize: 4, rng: rng(1) })
  const indices = shuffledIndices(10, 4, rng(1))
  for (const step of [0, 1, 2, 7]) expect(await batch(step)).toEqual(await readBatch(source, indices(step)))
})

test('a batch depends on its step and key alone', async () => {
  const flipped = transformed(source, randomFlip())
  const batches = () => imageBatches(flipped, { batchSize: 8, rng: rng(1) })
  const inOrder = batches()
  const key = (step: number) => rng(2).fold(step)
  const steps = await Promise.all([0, 1, 2, 3].map((step) => inOrder(step, key(step))))
  const resumed = batches()
  for (const step of [3, 1]) expect(await resumed(step, key(step))).toEqual(steps[step])
  expect((await resumed(3, key(4))).image).not.toEqual(steps[3]!.image)
})

test('wrong options are errors', () => {
  expect(() => imageBatches(source, { batchsize: 4, rng: rng(1) } as never)).toThrow("Did you mean 'batchSize'?")
  expect(() => imageBatches(source, { batchSize: 0, rng: rng(1) })).toThrow(
    'expected batchSize, an integer from 1, got 0',
  )
  expect(() => imageBatches({} as never, { batchSize: 4, rng: rng(1) })).toThrow('imageBatches: expected a dataset')
})
