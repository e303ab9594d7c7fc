import { int32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { beforeEach, describe, expect, test } from 'vitest'
import { imagesStage } from '../../kinds/images-stage.ts'
import { resampleStage } from '../../kinds/resample-stage.ts'
import { writeSamples } from '../../samples/write-samples.ts'
import { type Given, halves, tinyBase, tinyNetwork, tinySuperResolution } from '../../test-support.ts'
import { truncatedStop } from '../stage/truncated-stop.ts'
import { cascadeSampler } from './cascade-sampler.ts'

const seen: Given[] = []
const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 10, 3] } as const
const params = tinyNetwork().init(rng(4))
const base = { stage: tinyBase(tinyNetwork(seen)), params, sampling }
const sr = { stage: tinySuperResolution({ network: tinyNetwork(seen) }), params, sampling }
const cascade = cascadeSampler({ stages: [base, sr] }, { compile: eager })
const run = { count: 3, labels: int32([0, 1, 1]), rng: rng(9) }
const given = (shape: number[], data: unknown = new Float32Array(12)) => ({ dtype: 'float32', shape, data })

beforeEach(() => {
  seen.length = 0
})

/** Refused with a message, before any call of a network. */
async function refused(fn: () => unknown, code: string, message: string): Promise<void> {
  const failed = Promise.resolve().then(fn)
  await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  expect(seen).toEqual([])
}

test.each([
  [{ progress: 'yes' }, 'cascade: expected progress, a function, got'],
  [{ signal: new AbortController() }, 'cascade: expected a signal, that of an AbortController, got an AbortController'],
  [{ firstIndex: 2 ** 50 }, 'cascade: expected firstIndex, an integer from 0 to 562949953421308, got 1125899906842624'],
  [{ levels: new Map([['sr', 3]]) }, 'for the super-resolution stages sr, got a Map'],
  [{ levels: [undefined] }, "cascade: expected a level for each super-resolution stage, got none for 'sr'"],
  [
    { count: undefined, labels: [], lowRes: given([0, 2, 2, 1], new Float32Array()) },
    'cascade: expected a number of images in lowRes, an integer from 1, got 0',
  ],
  [
    { lowRes: given([3, 2, 2, 1], new Float32Array(4)) },
    "stage 'sr': lowRes: expected data, a Float32Array of 12 for [3,2,2,1], got a Float32Array of 4",
  ],
  [
    { lowRes: given([3, 2, 2, 1], new Uint8Array(12)) },
    "stage 'sr': lowRes: expected data, a Float32Array of 12 for [3,2,2,1], got a Uint8Array of 12",
  ],
])('options of sampling %#', async (options, message) => {
  await refused(() => cascade.sample({ ...run, ...(options as object) }), 'input', message)
})

test('writeSamples refuses progress that is no function', async () => {
  const options = { ...run, path: 'never', progress: 'yes' as never }
  await refused(() => writeSamples(cascade, options), 'input', 'writeSamples: expected progress, a function')
})

// The stage below would have been sampled in vain.
test.each([
  [{ steps: [30, 3] }, "stage 'sr': expected timesteps from 0 to 19, got 30"],
  [{ steps: [3, 18] }, "stage 'sr': expected timesteps to decrease, got 3, 18"],
  [{ restarts: [{ at: -1, to: 11 }] }, "stage 'sr': expected restarts from a step of the run up to another"],
  [{ sampler: { name: 'ddim', eta: 5 } }, 'ddim: expected noise of at most'],
] as const)('steps of a later stage %#', async (changes, message) => {
  const later = { ...sampling, ...changes }
  await refused(
    () => cascadeSampler({ stages: [base, { ...sr, sampling: later }] }, { compile: eager }),
    'input',
    message,
  )
})

test.each([
  [
    { stages: [base, { ...sr, truncate: true }] },
    "cascade: stage 'sr': unknown option 'truncate'. Did you mean 'truncated'?",
  ],
  [{ stages: [base, sr], levels: [3] }, "cascade: unknown option 'levels'"],
])('what a cascade does not have %#', async (stages, message) => {
  await refused(() => cascadeSampler(stages, { compile: eager }), 'input', message)
})

describe('the images of a function', () => {
  const sample = (images: unknown, signal?: AbortSignal) => {
    const stage = imagesStage({ name: 'drawn', resolution: 2, imageChannels: 1, images: images as never })
    return cascadeSampler({ stages: [{ stage }, sr] }, { compile: eager }).sample({ ...run, signal })
  }

  test.each([
    [
      () => {
        throw new TypeError('no brush')
      },
      "stage 'drawn': images from 0 failed: no brush",
    ],
    [() => Promise.reject('no paint'), "stage 'drawn': images from 0 failed: 'no paint'"],
    [
      () => given([3, 2, 2, 1], new Float32Array(1)),
      "stage 'drawn': images from 0: expected data, a Float32Array of 12",
    ],
    [() => given([3, 2, 2, 1], new Float64Array(12)), 'got a Float64Array of 12'],
  ])('that fails or is wrong %#', (images, message) => refused(() => sample(images), 'data', message))

  test('that is interrupted', async () => {
    const stop = new AbortController()
    const images = async () => {
      stop.abort()
      throw new Error('stopped')
    }
    await refused(() => sample(images, stop.signal), 'interrupted', "stage 'drawn': interrupted")
  })
})

test('a run without networks is interrupted, too', async () => {
  const photos = { stage: imagesStage({ name: 'photos', images: halves(7, 2) }) }
  const larger = { stage: resampleStage({ name: 'larger', resolution: 4, imageChannels: 1, method: 'bicubic' }) }
  const stop = new AbortController()
  const options = { count: 4, rng: rng(0), batchSize: 2, signal: stop.signal, progress: () => stop.abort() }
  const sampled = cascadeSampler({ stages: [photos, larger] }, { compile: eager }).sample(options)
  await expect(sampled).rejects.toMatchObject({ code: 'interrupted', message: "stage 'larger': interrupted" })
})

test.each([
  [null, sr.stage, "stage 'sr': expected the stage before it for truncated sampling"],
  [base.stage, sr.stage, 'got an object with kind, name'],
  [
    { stage: base.stage, sampling: {} },
    sr.stage,
    "expected the sampling of 'base' for truncated sampling, got an object",
  ],
  [base, sr, 'truncatedStop: expected a super-resolution stage as the upper one, got an object with stage'],
  [base, base.stage, 'truncatedStop: expected a super-resolution stage'],
])('truncatedStop of something else %#', (lower, upper, message) => {
  expect(() => truncatedStop(lower as never, upper as never, 3)).toThrow(message)
})

test('a timer can interrupt an engine that computes in the same thread', async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 1)
  const sampled = cascade.sample({ ...run, count: 300, labels: 'balanced', batchSize: 1, signal: stop.signal })
  await expect(sampled).rejects.toMatchObject({ code: 'interrupted' })
})
