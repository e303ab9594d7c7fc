import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test, vi } from 'vitest'
import { jpegSource } from '../testing/jpeg-source.ts'
import { centerCrop } from '../transforms/crops/center-crop.ts'
import { randomFlip } from '../transforms/random-flip.ts'
import { randomShift } from '../transforms/random-shift.ts'
import { transformed } from '../transforms/transformed.ts'
import { imageLoader } from './image-loader.ts'

const [images, batchSize, steps] = [22, 6, 12]
const jpegs = await jpegSource(temporaryFolder(), images)
const source = transformed(jpegs, centerCrop({ size: 16 }), randomFlip(), randomShift())

/** A part of a run: its first step, the step before which it is killed, and who loads it. */
interface Part {
  readonly from: number
  readonly to: number
  readonly ranks?: number
  readonly workers?: number
}

/** The bytes and the label of each example, in the order of the global batches, of a run in parts. Every part is a new loader. */
async function examples(parts: readonly Part[]): Promise<string[]> {
  const all: string[] = []
  for (const { from, to, ranks = 1, workers = 0 } of parts) {
    const loaders = Array.from({ length: ranks }, (_, index) => {
      const rank = { index, count: ranks }
      return imageLoader(source, { batchSize, rng: rng(1), draws: rng(2), rank, workers })
    })
    for (let step = from; step < to; step++) {
      for (const loader of loaders) {
        const { image, label } = await loader.batch(step)
        const size = image.data.length / image.shape[0]!
        for (let i = 0; i < image.shape[0]!; i++)
          all.push(
            `${label?.data[i]} ${Buffer.from(image.data.slice(i * size, (i + 1) * size).buffer).toString('hex')}`,
          )
      }
    }
    await Promise.all(loaders.map((loader) => loader.close()))
  }
  return all
}

const uninterrupted = await examples([{ from: 0, to: steps }])

test('the run has every image once an epoch', () => {
  expect(uninterrupted).toHaveLength(steps * batchSize)
  // Images that differ before they are shifted and mirrored differ after it.
  expect(new Set(uninterrupted.slice(0, images)).size).toBe(images)
})

test.each<[string, Part[]]>([
  [
    'in the first epoch',
    [
      { from: 0, to: 2 },
      { from: 2, to: steps },
    ],
  ],
  [
    'in a later epoch',
    [
      { from: 0, to: 9 },
      { from: 9, to: steps },
    ],
  ],
  [
    'twice in one epoch',
    [
      { from: 0, to: 4 },
      { from: 4, to: 5 },
      { from: 5, to: steps },
    ],
  ],
  ['before every step', Array.from({ length: steps }, (_, from) => ({ from, to: from + 1 }))],
  [
    'with other numbers of threads',
    [
      { from: 0, to: 5, workers: 2 },
      { from: 5, to: 8, workers: 1 },
      { from: 8, to: steps },
    ],
  ],
  [
    'with other numbers of ranks',
    [
      { from: 0, to: 3, ranks: 2 },
      { from: 3, to: 7 },
      { from: 7, to: steps, ranks: 3 },
    ],
  ],
  [
    'with other numbers of both',
    [
      { from: 0, to: 4, ranks: 3 },
      { from: 4, to: steps, ranks: 2, workers: 1 },
    ],
  ],
])('a run that is killed %s resumes at the very next example', async (_, parts) => {
  expect(await examples(parts)).toEqual(uninterrupted)
})

test('a run that resumes late reads nothing of what came before', async () => {
  const locate = vi.spyOn(jpegs.encoded, 'locate')
  await using loader = imageLoader(source, { batchSize, rng: rng(1), draws: rng(2), workers: 0, prefetchBytes: 0 })
  await loader.batch(1_000_000_000)
  expect(locate).toHaveBeenCalledTimes(1)
  locate.mockRestore()
})
