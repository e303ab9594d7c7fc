import type { Worker } from 'node:worker_threads'
import { type EncodedSource, encodedSource, encodePng, type Loading, type SkippedImage } from '@cascade-diffusion/data'
import { eager } from '@cascade-diffusion/ops'
import { encoder } from '@cascade-diffusion/unet'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { trainClassifier } from '../classifier/train-classifier.ts'
import { halves, tinyBase } from '../test-support.ts'
import { type TrainStageOptions, trainStage } from './train-stage.ts'

/** The images of `halves` as PNG files in memory. `bad` is none. */
function pngs(bad?: number): EncodedSource {
  const { images, labels } = halves(10, 8)
  const files = Array.from(labels, (_, i) =>
    i === bad ? new Uint8Array(9) : encodePng({ shape: [8, 8, 1], data: images.data.subarray(64 * i, 64 * (i + 1)) }),
  )
  return encodedSource({
    name: 'pngs',
    count: 10,
    size: [8, 8],
    classNames: ['left', 'right'],
    encoded: {
      decoding: { channels: 1 },
      locate: async (indices) => ({
        images: indices.map((i) => ({ name: `${i}.png`, bytes: files[i]! })),
        labels: indices.map((i) => labels[i]!),
      }),
    },
  })
}

const started: Worker[] = []
const note = (worker: Worker) => started.push(worker)
beforeEach(() => {
  started.length = 0
  process.on('worker', note)
})
afterEach(() => {
  process.off('worker', note)
})

const run = (loading: Loading | undefined, changes: Partial<TrainStageOptions> = {}) =>
  trainStage({
    stage: tinyBase(),
    dataset: pngs(),
    steps: 6,
    batchSize: 4,
    randomFlips: true,
    learningRate: 0.01,
    seed: 3,
    compile: eager,
    loading,
    ...changes,
  })

test('how images are loaded does not change training, and no thread is left at its end', async () => {
  const expected = await run(undefined, { dataset: halves(10, 8) })
  for (const [workers, prefetchBytes] of [
    [0, 0],
    [2, 2 ** 20],
  ] as const) {
    const { losses, params } = await run({ workers, prefetchBytes })
    expect({ losses, params }).toEqual({ losses: expected.losses, params: expected.params })
  }
  expect(started.map(({ threadId }) => threadId)).toEqual([-1, -1])
})

test('no thread is left after an abort', async () => {
  const stop = new AbortController()
  const stopped = run({ workers: 1 }, { signal: stop.signal, progress: ({ step }) => step === 2 && stop.abort() })
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError', result: { step: 2 } })
  expect(started.map(({ threadId }) => threadId)).toEqual([-1])
})

test('an image that cannot be read ends training with its name, and leaves no thread', async () => {
  await expect(run({ workers: 1 }, { dataset: pngs(7) })).rejects.toThrow('7.png: could not be decoded')
  expect(started.map(({ threadId }) => threadId)).toEqual([-1])
})

test('or it is skipped and reported, in training of classifiers too', async () => {
  const reports: SkippedImage[] = []
  const loading: Loading = { workers: 0, unreadable: 'skip', report: (image) => reports.push(image) }
  await run(loading, { dataset: pngs(7) })
  expect(reports.map(({ index, name }) => [index, name])).toContainEqual([7, '7.png'])
  reports.length = 0
  const classifier = encoder({
    resolution: 8,
    imageChannels: 1,
    classes: 2,
    baseChannels: 4,
    channelMultipliers: [1],
    residualBlocks: 1,
    normGroups: 2,
  })
  const process = { schedule: { name: 'cosine', steps: 20 } } as const
  await trainClassifier({
    classifier,
    process,
    dataset: pngs(7),
    steps: 3,
    batchSize: 4,
    learningRate: 0.01,
    seed: 3,
    compile: eager,
    loading,
  })
  expect(reports.map(({ index, name }) => [index, name])).toContainEqual([7, '7.png'])
})

test.each([
  [{ worker: 2 }, "trainStage: loading: unknown option 'worker'. Did you mean 'workers'?"],
  [{ workers: 1.5 }, 'trainStage: loading: expected workers, an integer from 0 to 256, got 1.5'],
  [{ unreadable: 'skipped' }, "trainStage: loading: expected unreadable, one of 'fail', 'skip'; got 'skipped'"],
])('%j is refused', async (loading, message) => {
  await expect(run(loading as Loading)).rejects.toThrow(message)
})
