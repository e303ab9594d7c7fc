import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  centerCrop,
  type ImageSource,
  imageDataset,
  pad,
  randomFlip,
  shuffledIndices,
  transformed,
} from '@cascade-diffusion/data'
import { ddim, noiseLevel } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { scheduleOf } from '@cascade-diffusion/schedules'
import { greatestDifference, temporaryFolder } from '@cascade-diffusion/testing'
import { loadCheckpoint } from '@cascade-diffusion/training'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test, vi } from 'vitest'
import { stageSampler } from '../sampling/stage/stage-sampler.ts'
import { baseStage } from '../stage/stage.ts'
import type { StageNetwork } from '../stage/stage-network.ts'
import {
  alphaBar,
  type Given,
  halves,
  maxLevel,
  smear,
  T,
  tinyBase,
  tinyNetwork,
  tinySuperResolution,
} from '../test-support.ts'
import { type TrainStageOptions, trainStage } from './train-stage.ts'

const run = (changes: Partial<TrainStageOptions> = {}): TrainStageOptions => ({
  stage: tinySuperResolution(),
  dataset: halves(10, 8),
  steps: 6,
  batchSize: 4,
  learningRate: 0.01,
  seed: 3,
  compile: jit,
  ...changes,
})

/** Square grey images in bytes, made smaller by averaging along rows and then along columns, each rounded. */
function smaller(bytes: readonly number[], from: number, to: number): number[] {
  const k = from / to
  const mean = (values: number[]) => Math.round(values.reduce((a, b) => a + b) / k)
  const block = (i: number) => Array.from({ length: k }, (_, d) => i * k + d)
  const narrow = (y: number, x: number) => mean(block(x).map((u) => bytes[y * from + u]!))
  return Array.from({ length: to * to }, (_, i) => mean(block(Math.floor(i / to)).map((y) => narrow(y, i % to))))
}

describe('Algorithm 1: what the network is given', () => {
  const dataset = halves(10, 8)
  /** Step `step` of a run of seed 3 with batches of 4 of the stage `name`, from the keys, in float64. */
  function expectedBatch(step: number, name: string, size: number) {
    const key = rng(3).fold('batch').fold(step)
    const order = [...shuffledIndices(10, 4, rng(3).fold(name).fold('order'))(step)]
    const large = order.map((i) => smaller([...dataset.images.data.subarray(i * 64, i * 64 + 64)], 8, size))
    const t = [...key.fold('t').integers([4], 0, T).data]
    const epsilon = key.fold('epsilon').normal([4, size, size, 1]).data
    const level = [...key.fold('level').integers([4], 0, maxLevel + 1).data]
    const noise = key.fold('augmentation').normal([4, 2, 2, 1]).data
    const mix = (a: number, byte: number, e: number) => Math.sqrt(a) * (byte / 127.5 - 1) + Math.sqrt(1 - a) * e
    return {
      xt: large.flatMap((x0, n) => x0.map((byte, i) => mix(alphaBar(t[n]!), byte, epsilon[n * size * size + i]!))),
      noise: t,
      label: order.map((i) => dataset.labels[i]!),
      lowRes: large.flatMap((x0, n) => {
        const a = level[n] === 0 ? 1 : alphaBar(level[n]! - 1)
        return smaller(x0, size, 2).map((byte, i) => mix(a, byte, noise[n * 4 + i]!))
      }),
      level,
    }
  }

  test('a super-resolution stage: x_t, t, the class, z_s and s of each example', async () => {
    const seen: Given[] = []
    await trainStage(run({ compile: eager, stage: tinySuperResolution({ network: tinyNetwork(seen) }) }))
    expect(seen).toHaveLength(6)
    for (const [step, given] of seen.entries()) {
      const expected = expectedBatch(step, 'sr', 4)
      expect(Object.keys(given)).toEqual(Object.keys(expected))
      for (const [name, values] of Object.entries(expected))
        expect(greatestDifference(given[name]!, values), `${name} of step ${step}`).toBeLessThan(2e-6)
    }
    expect(new Set(seen.flatMap(({ level }) => level)).size).toBeGreaterThan(5)
  })

  test('a base stage: x_t, t and the class alone', async () => {
    const seen: Given[] = []
    await trainStage(run({ compile: eager, stage: tinyBase(tinyNetwork(seen)), steps: 3 }))
    for (const [step, given] of seen.entries()) {
      const { xt, noise, label } = expectedBatch(step, 'base', 2)
      expect(Object.keys(given)).toEqual(['xt', 'noise', 'label'])
      expect(greatestDifference(given.xt!, xt)).toBeLessThan(2e-6)
      expect([given.noise, given.label]).toEqual([noise, label])
    }
  })

  test('levels in continuous time: z_s and 1000 s, whatever is drawn between the steps', async () => {
    const seen: Given[] = []
    const augmentation = { name: 'gaussian-noise', schedule: { name: 'continuous-cosine' }, maxLevel: 0.5 } as const
    const stage = tinySuperResolution({ network: tinyNetwork(seen), augmentation })
    await trainStage(run({ compile: eager, stage, steps: 2 }))
    const schedule = scheduleOf(augmentation.schedule)
    const plain: Given[] = []
    const clean = tinySuperResolution({ network: tinyNetwork(plain), augmentation: { name: 'none' } })
    await trainStage(run({ compile: eager, stage: clean, steps: 2 }))
    for (const [step, { level, lowRes }] of seen.entries()) {
      const key = rng(3).fold('batch').fold(step)
      const s = [...key.fold('level').uniform([4]).data].map((u) => 0.5 * u)
      const noise = key.fold('augmentation').normal([4, 2, 2, 1]).data
      const z = plain[step]!.lowRes!.map((x, i) => {
        const { alpha, sigma } = noiseLevel(schedule, s[Math.floor(i / 4)]!)
        return alpha * x + sigma * noise[i]!
      })
      expect(
        greatestDifference(
          level!,
          s.map((time) => 1000 * time),
        ),
      ).toBeLessThan(1e-3)
      expect(greatestDifference(lowRes!, z)).toBeLessThan(2e-6)
    }
    expect(seen[0]!.level!.every(Number.isInteger)).toBe(false)
  })

  test('no augmentation: z itself, and no level', async () => {
    const seen: Given[] = []
    const stage = tinySuperResolution({ network: tinyNetwork(seen), augmentation: { name: 'none' } })
    await trainStage(run({ compile: eager, stage, steps: 1 }))
    const order = shuffledIndices(10, 4, rng(3).fold('sr').fold('order'))(0)
    const z = [...order].flatMap((i) => {
      const image = smaller([...dataset.images.data.subarray(i * 64, i * 64 + 64)], 8, 4)
      return smaller(image, 4, 2).map((byte) => byte / 127.5 - 1)
    })
    expect(Object.keys(seen[0]!)).toEqual(['xt', 'noise', 'label', 'lowRes'])
    expect(greatestDifference(seen[0]!.lowRes!, z)).toBeLessThan(1e-6)
  })
})

test('a data set and a stage of a single class', async () => {
  const { name, images } = halves(8, 2)
  const dataset = imageDataset({ name, images, labels: Array(8).fill('all'), classNames: ['all'] })
  const stage = baseStage({
    name: 'base',
    resolution: 2,
    imageChannels: 1,
    classNames: ['all'],
    network: tinyNetwork(),
    process: { schedule: { name: 'cosine', steps: T } },
  })
  const { ema } = await trainStage(run({ stage, dataset, steps: 2 }))
  const sampler = stageSampler({ stage, params: ema }, { sampler: ddim(), steps: 3, compile: jit })
  const { shape, data } = await sampler.sample({ count: 2, labels: ['all', 'all'], rng: rng(1) })
  await sampler.dispose()
  expect([shape, data.every(Number.isFinite)]).toEqual([[2, 2, 2, 1], true])
  await expect(sampler.sample({ count: 1, labels: [1], rng: rng(1) })).rejects.toThrow(
    'labels of the classes 0 to 0 (all), got 1',
  )
})

test('randomFlips: about half of the images are mirrored, small images with theirs', async () => {
  const [plain, flipped]: [Given[], Given[]] = [[], []]
  const stage = (seen: Given[]) =>
    tinySuperResolution({ network: tinyNetwork(seen), augmentation: { name: 'none' }, classNames: undefined })
  const options = { compile: eager, steps: 30 }
  await trainStage(run({ ...options, stage: stage(plain) }))
  await trainStage(run({ ...options, stage: stage(flipped), randomFlips: true }))
  const rows = (seen: Given[]) =>
    seen.flatMap(({ lowRes }) => Array.from({ length: 4 }, (_, n) => lowRes!.slice(4 * n, 4 * n + 4)))
  const mirror = ([a, b, c, d]: number[]) => [b, a, d, c]
  const kept = rows(plain).map((z, i) => [String(z), String(mirror(z))].indexOf(String(rows(flipped)[i])))
  expect(new Set(kept)).toEqual(new Set([0, 1]))
  // Four standard deviations of the share of 120 images.
  expect(Math.abs(kept.filter((i) => i === 1).length / 120 - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 120))
  // The large images' halves differ in brightness: x_t is mirrored where z is, and what is drawn stays.
  const difference = (seen: Given[], i: number) => seen[Math.floor(i / 4)]!.xt!.slice(16 * (i % 4), 16 * (i % 4) + 16)
  for (const [i, mirrored] of kept.entries())
    if (mirrored === 0) expect(difference(flipped, i)).toEqual(difference(plain, i))
    else expect(difference(flipped, i)).not.toEqual(difference(plain, i))
})

test.each([
  [{ clipNrm: 0.9 }, "trainStage: unknown option 'clipNrm'. Did you mean 'clipNorm'?"],
  [{ emaDecay: 0.9 }, 'trainStage: expected averages: { ema: { decay } }, got emaDecay'],
  [
    { stage: undefined },
    'trainStage: expected a stage, as baseStage and superResolutionStage make them, got undefined',
  ],
  [
    { dataset: undefined },
    "stage 'sr': expected a dataset (imageDataset({ … }), or { name, count, channels, read }), got undefined",
  ],
  [{ dataset: { ...halves(10, 8), read: undefined } }, "stage 'sr': expected a dataset (imageDataset({ … })"],
  [{ dataset: { ...halves(10, 8), count: 0 } }, "stage 'sr': dataset 'halves': expected a count, an integer from 1"],
  [{ dataset: { ...halves(10, 8), classNames: ['left'] } }, "expected the classes left, right, got left in 'halves'"],
  [{ dataset: { ...halves(10, 8), classNames: undefined } }, "expected the classes left, right, got none in 'halves'"],
  [{ batchSize: 2.5 }, 'trainStage: expected a batchSize, an integer from 1, got 2.5'],
  [{ compile: undefined }, 'trainStage: expected compile, a function (jit of'],
  [{ learningRate: undefined }, 'expected a learningRate, a number, a configuration such as'],
  [{ checkpoint: 'sr.safetensors' }, "trainStage: checkpoint: expected an object of options, got 'sr.safetensors'"],
  [{ checkpoint: { path: '/tmp' } }, 'checkpoint /tmp: expected the path of a file'],
  [{ loss: 'simple' }, "stage 'sr': loss: expected a loss, such as { name: 'simple' }, got 'simple'"],
  [{ loss: { name: 'simple', norm: 'L1' } }, "expected norm, one of 'l1', 'l2'; got 'L1'. Did you mean 'l1'?"],
  [
    { loss: { name: 'simple', weigthing: {} } },
    "stage 'sr': loss: unknown option 'weigthing'. Did you mean 'weighting'?",
  ],
  [
    { loss: { name: 'simple', weighting: 'edm' } },
    "expected weighting, a weighting, such as { name: 'edm' }, got 'edm'",
  ],
  [{ loss: { name: 'simple', weighting: { name: 'edm', sigmadata: 1 } } }, "Did you mean 'sigmaData'?"],
  [{ noiseLevels: 'uniform' }, "noise levels: expected noise levels, such as { name: 'uniform' }, got 'uniform'"],
  [{ noiseLevels: { name: 'uniform', std: 2 } }, "stage 'sr': noise levels: unknown option 'std'"],
])('%j is refused before the first step', async (wrong, message) => {
  const progress = vi.fn()
  await expect(trainStage({ ...run({ progress }), ...(wrong as object) })).rejects.toThrow(message)
  expect(progress).not.toHaveBeenCalled()
})

test('a custom augmentation is tried before the first step', async () => {
  const stage = tinySuperResolution({ augmentation: smear })
  // As if tfjs had had no backend to try it on when the stage was made.
  const augmentation = { ...smear, apply: (z: tf.Tensor4D) => tf.add(z, 1) as tf.Tensor4D }
  await expect(trainStage(run({ stage: { ...stage, augmentation } }))).rejects.toThrow(
    "augmentation 'smear': expected apply to give the images themselves at level 0",
  )
})

test('the loss falls', async () => {
  const { losses, params, ema } = await trainStage(
    run({ steps: 400, batchSize: 16, learningRate: 0.02, averages: { ema: { decay: 0.9 } } }),
  )
  const meanOf = (values: Float32Array) => values.reduce((a, b) => a + b) / values.length
  // Weights of normal noise begin above 1, which zero weights would give; the best come to about a half.
  expect(meanOf(losses.subarray(0, 20))).toBeGreaterThan(1)
  expect(meanOf(losses.subarray(-50))).toBeLessThan(0.7)
  for (const [name, { data }] of Object.entries(params)) expect(ema[name]!.data).not.toEqual(data)
})

test('interrupted and resumed, it ends as it does in one go, to the last bit', async () => {
  const whole = await trainStage(run())
  const checkpoint = { path: join(temporaryFolder(), 'sr.safetensors') }
  const stop = new AbortController()
  const progress = ({ step }: { step: number }) => step === 2 && stop.abort()
  await expect(trainStage(run({ checkpoint, signal: stop.signal, progress }))).rejects.toMatchObject({
    name: 'AbortError',
    result: { step: 2 },
  })
  expect(await trainStage(run({ checkpoint }))).toEqual(whole)
})

describe('any source', () => {
  /** The images of `halves` made as they are asked for, each with a black frame of its own width. */
  const framed: ImageSource = {
    name: 'framed',
    count: 10,
    channels: 1,
    classNames: ['left', 'right'],
    async read(indices) {
      const { images, labels } = await halves(10, 8).read(indices)
      return { images: images.map((image, i) => pad({ size: 8 + 2 * indices[i]! }).apply(image, undefined)), labels }
    },
  }

  test('images of different sizes, made one by a transform: the same weights as from memory', async () => {
    const result = await trainStage(run({ dataset: transformed(framed, centerCrop({ size: 8 })) }))
    expect(result).toEqual(await trainStage(run()))
  })

  test('randomFlips is the transform randomFlip', async () => {
    const flipped = await trainStage(run({ randomFlips: true }))
    expect(await trainStage(run({ dataset: transformed(halves(10, 8), randomFlip()) }))).toEqual(flipped)
    expect(flipped).not.toEqual(await trainStage(run()))
  })

  test('a checkpoint says its name, the shape of its images, and its transforms', async () => {
    const [before, after] = [0, 1].map((i) => ({ path: join(temporaryFolder(), `${i}.safetensors`) }))
    await trainStage(run({ steps: 1, checkpoint: before! }))
    // As checkpoints of the first versions.
    const data = { name: 'halves', images: [10, 8, 8, 1] }
    expect((await loadCheckpoint(before!.path)).config).toMatchObject({ data })
    const dataset = transformed(framed, centerCrop({ size: 8 }))
    await trainStage(run({ steps: 1, dataset, checkpoint: after! }))
    expect((await loadCheckpoint(after!.path)).config).toMatchObject({
      data: { name: 'framed', images: [10, 8, 8, 1], transforms: [{ name: 'center-crop', size: 8 }] },
    })
    const other = transformed(framed, centerCrop({ size: 4 }))
    await expect(trainStage(run({ dataset: other, checkpoint: after! }))).rejects.toThrow(/data\.images/)
  })
})

test('a checkpoint of another stage or other data is not resumed', async () => {
  const checkpoint = { path: join(temporaryFolder(), 'sr.safetensors') }
  await trainStage(run({ steps: 1, checkpoint }))
  const other = tinySuperResolution({
    augmentation: { name: 'gaussian-noise', schedule: { name: 'linear', steps: T }, maxLevel },
  })
  await expect(trainStage(run({ stage: other, dataset: halves(11, 8), checkpoint }))).rejects.toThrow(
    /stage\.augmentation\.schedule\.name: .?cosine.? in the checkpoint, .?linear.? now/,
  )
})

describe('data that do not fit the stage', () => {
  test.each([
    [halves(4, 3), "expected images of 4×4×1, or larger ones of the same aspect ratio, got 3×3×1 in 'halves'"],
    [{ ...halves(4, 4), channels: 3 }, "got 4×4×3 in 'halves'"],
    [
      { ...halves(4, 4), size: [4, 8] as const },
      "of the same aspect ratio, got 4×8×1 in 'halves'; centerCrop gives them another",
    ],
    [
      { ...halves(4, 4), size: undefined },
      "expected images of 4×4×1, or larger ones of the same aspect ratio, got no size of 'halves'; transforms make one: transformed(",
    ],
    [
      { ...halves(4, 4), classNames: ['right', 'left'] },
      "stage 'sr': expected the classes left, right, got right, left in 'halves'",
    ],
  ])('%#: are refused', async (dataset, message) => {
    await expect(trainStage(run({ dataset }))).rejects.toThrow(message)
  })

  test('images that are not what the source says end training at their step', async () => {
    const { read, ...rest } = halves(10, 8)
    const dataset: ImageSource = {
      ...rest,
      read: async (indices) => ({ ...(await read(indices)), labels: indices.map((i) => (i === 9 ? 2 : 0)) }),
    }
    await expect(trainStage(run({ dataset }))).rejects.toThrow('halves: expected labels from 0 to 1, got 2 for image 9')
  })

  test('an unconditional stage takes any classes', async () => {
    const stage = tinySuperResolution({ classNames: undefined })
    expect((await trainStage(run({ stage, steps: 1 }))).step).toBe(1)
  })

  test('an unconditional stage takes images without labels', async () => {
    const { name, images } = halves(10, 8)
    const stage = tinySuperResolution({ classNames: undefined })
    const plain = await trainStage(run({ stage, dataset: imageDataset({ name, images }) }))
    expect(plain).toEqual(await trainStage(run({ stage })))
  })
})

test('values that are not finite end training at their step; the checkpoint stays', async () => {
  const checkpoint = { path: join(temporaryFolder(), 'sr.safetensors') }
  await trainStage(run({ steps: 3, checkpoint }))
  const network = tinyNetwork()
  const broken: StageNetwork = {
    ...network,
    apply: (...given) => tf.sqrt(tf.sub(network.apply(...given), 1e3)) as tf.Tensor4D,
  }
  const rest = run({ stage: tinySuperResolution({ network: broken }), steps: 20, checkpoint })
  await expect(trainStage(rest)).rejects.toThrow(
    /not finite in step 4 \(loss NaN, gradient norm NaN\): batch and weights are finite, the loss is NaN: .*, of step 3$/,
  )
  expect(existsSync(checkpoint.path)).toBe(true)
  expect((await loadCheckpoint(checkpoint.path)).step).toBe(3)
})
