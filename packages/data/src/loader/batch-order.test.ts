import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { shuffledIndices } from '../batches/shuffled-indices.ts'
import { imageDataset } from '../sources/image-dataset.ts'
import { batchOrder } from './batch-order.ts'
import { imageLoader } from './image-loader.ts'

const ranks = (count: number) => Array.from({ length: count }, (_, index) => ({ index, count }))

test.each([1, 2, 3, 6])('the shares of %i ranks make up the batch', (count) => {
  const indices = shuffledIndices(10, 6, rng(1))
  for (const step of [0, 1, 5]) {
    const shares = ranks(count).map((rank) => batchOrder(10, { batchSize: 6, rng: rng(1), rank }).shareOf(step))
    expect(shares.flatMap((share) => share.indices)).toEqual([...indices(step)])
    expect(shares.map(({ firstIndex }) => firstIndex)).toEqual(shares.map((_, i) => (i * 6) / count))
    expect(shares.map(({ firstPlace }) => firstPlace)).toEqual(shares.map((_, i) => 6 * step + (i * 6) / count))
  }
})

test('in order, every image comes once, whatever the number of ranks', () => {
  for (const count of [1, 2, 3, 5]) {
    const orders = ranks(count).map((rank) => batchOrder(10, { batchSize: 4, rank }))
    const seen = [0, 1, 2].map((step) => orders.flatMap(({ shareOf }) => shareOf(step).indices))
    expect(seen).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ])
    expect(() => orders[0]!.shareOf(3)).toThrow('expected a step before the last image, from 0 to 2, got 3')
  }
})

const numbers = imageDataset({ name: 'numbers', images: { shape: [10, 1, 1, 1], data: new Uint8Array(10) } })

test('a loader in order gives a smaller batch at the end', async () => {
  await using loader = imageLoader(numbers, { batchSize: 4, order: 'sequential' })
  const shapes = []
  for (let step = 0; step < 3; step++) shapes.push((await loader.batch(step)).image.shape)
  expect(shapes).toEqual([
    [4, 1, 1, 1],
    [4, 1, 1, 1],
    [2, 1, 1, 1],
  ])
  await expect(loader.batch(3)).rejects.toThrow('expected a step before the last image, from 0 to 2, got 3')
})

test.each([
  [{ rank: { index: 2, count: 2 } }, 'imageLoader: expected rank.index, an integer from 0 to 1, got 2'],
  [{ rank: { index: 0, count: 0 } }, 'imageLoader: expected rank.count, an integer from 1, got 0'],
  [{ rank: 1 }, 'imageLoader: expected rank, { index, count }, got 1'],
  [{ rank: { index: 0, count: 3 } }, 'expected a batchSize that the number of ranks divides, got 4 for 3'],
  [{ order: 'random' }, "imageLoader: expected order, one of 'shuffled', 'sequential'; got 'random'"],
  [{ order: 'sequential' }, 'imageLoader: expected no rng for images in order, got'],
  [{ draws: 3 }, 'imageLoader: expected draws, a key such as rng(0) gives, got 3'],
  [{ workers: -1 }, 'imageLoader: expected workers, an integer from 0 to 256, got -1'],
  [{ prefetchBytes: 0.5 }, 'imageLoader: expected prefetchBytes, an integer from 0, got 0.5'],
  [{ unreadable: 'ignore' }, "imageLoader: expected unreadable, one of 'fail', 'skip'; got 'ignore'"],
  [{ report: true }, 'imageLoader: expected report, a function, got true'],
  [{ signal: new AbortController() }, 'expected a signal, that of an AbortController, got an AbortController'],
])('%j is refused', (wrong, message) => {
  expect(() => imageLoader(numbers, { batchSize: 4, rng: rng(0), ...wrong } as never)).toThrow(message)
})
