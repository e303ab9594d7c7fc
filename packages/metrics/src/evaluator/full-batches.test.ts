import { float32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { expect, test } from 'vitest'
import type { Extractor } from '../extractors/extractor.ts'
import { fullBatches } from './full-batches.ts'

/** Features [2 x] and logits [x, -x] of images of one pixel x. */
function doubling(seen: number[][] = []): Extractor {
  return {
    name: 'doubling',
    convention: { size: [1, 1], channels: 1, range: [-1, 1], resize: 'none' },
    dimension: 1,
    classes: 2,
    async extract({ data }: NDArray) {
      const xs = [...data]
      seen.push(xs)
      return {
        features: float32(
          xs.map((x) => 2 * x),
          [xs.length, 1],
        ),
        logits: float32(
          xs.flatMap((x) => [x, -x]),
          [xs.length, 2],
        ),
      }
    },
    dispose: async () => {},
  }
}

const images = float32([1, 2, 3], [3, 1, 1, 1])

test('a smaller batch is filled up with its last image, and the results are cut', async () => {
  const seen: number[][] = []
  const { features, logits } = await fullBatches(doubling(seen), 5)(images)
  expect(seen).toEqual([[1, 2, 3, 3, 3]])
  expect(features).toEqual(float32([2, 4, 6], [3, 1]))
  expect(logits).toEqual(float32([1, -1, 2, -2, 3, -3], [3, 2]))
  await fullBatches(doubling(seen), 3)(images)
  expect(seen[1]).toEqual([1, 2, 3])
})

test('an extractor without classes gives no logits', async () => {
  const { logits } = await fullBatches({ ...doubling(), classes: undefined }, 3)(images)
  expect(logits).toBeUndefined()
})

test('results that are not as announced are refused', async () => {
  const of = (changes: Partial<Extractor>) => fullBatches({ ...doubling(), ...changes }, 4)(images)
  await expect(of({ dimension: 3 })).rejects.toThrow(
    "extractor 'doubling': expected features of shape [4, 3], got [4,1]",
  )
  await expect(of({ classes: 3 })).rejects.toThrow("extractor 'doubling': expected logits of shape [4, 3], got [4,2]")
  const extract = async (x: NDArray) => ({ features: rows(float32(x.data, [4, 1]), 0, 1) })
  await expect(of({ extract })).rejects.toThrow('expected features of shape [4, 1], got [1,1]')
})
