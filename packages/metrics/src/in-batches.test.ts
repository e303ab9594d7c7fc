import { float32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import { inBatches } from './in-batches.ts'

const examples = float32([1, 2, 3, 4, 5, 6, 7], [7, 1])
const batch = (from: number, to: number) => rows(examples, from, to)

async function collect(count: number, batchSize: number) {
  const seen: number[][] = []
  const results: number[][] = []
  const double = async (x: NDArray) => {
    seen.push([...x.data])
    return float32(
      x.data.map((v) => 2 * v),
      x.shape,
    )
  }
  for await (const y of inBatches(double, { count, batchSize, batch })) results.push([...y.data])
  return { seen, results }
}

test('the last batch is filled up with its last example and cut', async () => {
  const { seen, results } = await collect(7, 3)
  expect(seen).toEqual([
    [1, 2, 3],
    [4, 5, 6],
    [7, 7, 7],
  ])
  expect(results).toEqual([[2, 4, 6], [8, 10, 12], [14]])
})

test('a whole number of batches, one short batch, and nothing', async () => {
  expect((await collect(4, 2)).results).toEqual([
    [2, 4],
    [6, 8],
  ])
  expect((await collect(2, 4)).seen).toEqual([[1, 2, 2, 2]])
  expect((await collect(0, 4)).seen).toEqual([])
})

test('wrong options are named', async () => {
  const first = (options: object) => inBatches(async (x) => x, options as never).next()
  await expect(first({ count: 4, batchsize: 2, batch })).rejects.toThrow("Did you mean 'batchSize'?")
  await expect(first({ batchSize: 2, batch })).rejects.toThrow(
    'inBatches: expected a count, an integer from 0, got undefined',
  )
  await expect(first({ count: 4, batchSize: 2 })).rejects.toThrow('inBatches: expected batch, a function')
})

test('wrong sizes are named', async () => {
  const first = (run: (x: NDArray) => Promise<NDArray>, batchSize: number, count = 4) =>
    inBatches(run, { count, batchSize, batch: () => rows(examples, 0, 2) }).next()
  await expect(first(async (x) => x, 0)).rejects.toThrow('batchSize must be a positive integer, got 0')
  await expect(first(async (x) => x, 3)).rejects.toThrow('expected 3 examples from batch, got shape [2,1]')
  await expect(first(async () => examples, 2)).rejects.toThrow('expected 2 examples from run, got shape [7,1]')
})
