import { concatenate, float32, int32, rows } from '@cascade-diffusion/arrays'
import { ancestral, clipX0, ddim, type ProcessX0 } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { scheduleOf } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, test } from 'vitest'
import type { TrainedStage } from '../../stage/described-stage.ts'
import { baseStage, type Stage, superResolutionStage } from '../../stage/stage.ts'
import type { StageNetwork } from '../../stage/stage-network.ts'
import { type Given, tinyBase, tinyNetwork, tinySuperResolution } from '../../test-support.ts'
import { stageSampler } from '../stage/stage-sampler.ts'
import { cascadeSampler } from './cascade-sampler.ts'
import type { CascadeSampleOptions } from './options.ts'

const trained = <S extends Stage>(stage: S, seed = 4) => ({ stage, params: tinyNetwork().init(rng(seed)) })
const sampling = { sampler: ancestral(), steps: [18, 10, 3] }
const how = { ...sampling, compile: jit }
const sampled = <S extends TrainedStage>(stages: readonly S[]) => ({
  stages: stages.map((stage) => ({ ...stage, sampling })),
})
const labels = int32([0, 1, 1, 0, 1])
const options = { count: 5, labels, levels: [3], rng: rng(9) }

describe('a cascade of two stages', () => {
  const stages = [trained(tinyBase()), trained(tinySuperResolution(), 5)]
  const cascade = cascadeSampler(sampled(stages), { compile: jit })
  afterAll(() => cascade.dispose())

  test('each stage super-resolves the images of the one before it, with noise that no other stage has', async () => {
    const [small, large] = await cascade.sample(options)
    const samplers = stages.map((stage) => stageSampler(stage, how))
    const z = await samplers[0]!.sample({ count: 5, labels, rng: rng(9).fold('base') })
    expect(small).toEqual(z)
    expect(large).toEqual(await samplers[1]!.sample({ count: 5, labels, lowRes: z, level: 3, rng: rng(9).fold('sr') }))
    expect([small!.shape, large!.shape]).toEqual([
      [5, 2, 2, 1],
      [5, 4, 4, 1],
    ])
  })

  test.each([1, 2, 4])('%d images at a time: the same images', async (batchSize) => {
    const done: string[] = []
    const progress = (p: { stage: string; done: number; count: number }) => done.push(`${p.stage} ${p.done}/${p.count}`)
    expect(await cascade.sample({ ...options, batchSize, progress })).toEqual(await cascade.sample(options))
    const counts = [...Array(Math.ceil(5 / batchSize)).keys()].map((i) => Math.min(5, (i + 1) * batchSize))
    expect(done).toEqual(counts.flatMap((n) => ['base', 'sr'].map((stage) => `${stage} ${n}/5`)))
  })

  test('progress after each step of each batch', async () => {
    const done: string[] = []
    const stepProgress: CascadeSampleOptions['stepProgress'] = ({ stage, step, steps, done: from, count }) =>
      done.push(`${stage} ${step}/${steps} ${from}/${count}`)
    await cascade.sample({ ...options, batchSize: 3, stepProgress })
    const steps = (stage: string, from: number) => [1, 2, 3].map((step) => `${stage} ${step}/3 ${from}/5`)
    expect(done).toEqual([0, 3].flatMap((from) => ['base', 'sr'].flatMap((stage) => steps(stage, from))))
  })

  test('the level is 0 by default', async () => {
    const { levels: _, ...rest } = options
    expect(await cascade.sample(rest)).toEqual(await cascade.sample({ ...rest, levels: [0] }))
    expect((await cascade.sample(rest))[1]).not.toEqual((await cascade.sample(options))[1])
  })

  test('labels by name, as a list, and as typed arrays: the same images', async () => {
    const whole = await cascade.sample(options)
    for (const labels of [['left', 'right', 'right', 'left', 'right'], [0, 1, 1, 0, 1], Uint8Array.of(0, 1, 1, 0, 1)])
      expect(await cascade.sample({ ...options, labels, batchSize: 2 })).toEqual(whole)
  })

  test('images are different, and other keys give others', async () => {
    const [small] = await cascade.sample(options)
    expect(new Set([0, 1, 2, 3, 4].map((i) => String(small!.data.subarray(i * 4, i * 4 + 4)))).size).toBe(5)
    const [other] = await cascade.sample({ ...options, rng: rng(10) })
    expect(other).not.toEqual(small)
  })

  test('a signal ends it, with its reason as the cause', async () => {
    const stop = new AbortController()
    const progress = () => stop.abort(new Error('enough'))
    await expect(cascade.sample({ ...options, signal: stop.signal, progress })).rejects.toMatchObject({
      code: 'interrupted',
      cause: new Error('enough'),
    })
  })
})

describe('a part of the stages, or of the images', () => {
  const third = tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4 })
  const stages = [trained(tinyBase()), trained(tinySuperResolution()), trained(third)]
  const cascade = cascadeSampler(sampled(stages), { compile: eager })
  const all = { ...options, levels: { sr: 3, sr2: 7 } }

  test('a stream yields batches that are the images of sample, from any place on', async () => {
    const whole = await cascade.sample(all)
    const batches = []
    for await (const batch of cascade.stream({ ...all, batchSize: 2 })) batches.push(batch)
    expect(batches.map(({ firstIndex, count }) => [firstIndex, count])).toEqual([
      [0, 2],
      [2, 2],
      [4, 1],
    ])
    expect(batches.map((batch) => batch.stages)).toEqual(Array(3).fill(['base', 'sr', 'sr2']))
    expect(concatenate(batches.map((batch) => batch.labels!))).toEqual(labels)
    for (const i of whole.keys()) expect(concatenate(batches.map(({ images }) => images[i]!))).toEqual(whole[i])
    const later = await cascade.sample({ ...all, count: 2, labels: rows(labels, 3, 5), firstIndex: 3 })
    expect(later).toEqual(whole.map((images) => rows(images, 3, 5)))
  })

  test('sampling starts and stops at any stage', async () => {
    const [small, middle, large] = await cascade.sample(all)
    expect(await cascade.sample({ ...all, to: 'sr' })).toEqual([small, middle])
    expect(await cascade.sample({ ...all, lowRes: small! })).toEqual([middle, large])
    const { count: _, ...rest } = all
    expect(await cascade.sample({ ...rest, lowRes: middle! })).toEqual([large])
    expect(await cascade.sample({ ...rest, from: 'sr', to: 'sr', lowRes: small!, batchSize: 2 })).toEqual([middle])
  })

  test('levels by name leave the others as they are chosen', async () => {
    const base = { ...stages[0]!, sampling: { sampler: { name: 'ddim' }, steps: [18, 3] } } as const
    const chosen = stages.slice(1).map((stage, i) => ({ ...stage, sampling: base.sampling, level: i + 3 }))
    const sampler = cascadeSampler({ stages: [base, ...chosen] }, { compile: eager })
    const at = (levels?: CascadeSampleOptions['levels']) => sampler.sample({ ...options, levels })
    expect(await at()).toEqual(await at([3, 4]))
    expect(await at({ sr2: 9 })).toEqual(await at([3, 9]))
    expect(await at({ sr2: { level: 9 } })).toEqual(await at([3, { level: 9, truncated: false }]))
    expect(await at({ sr2: 9 })).not.toEqual(await at())
  })

  test('classes in turn, drawn, or one for all', async () => {
    const labelsOf = async (changes: Partial<CascadeSampleOptions>, batchSize = 50) => {
      const found = []
      const run = { count: 5, rng: rng(9), to: 'base', batchSize, ...changes }
      for await (const batch of cascade.stream(run)) found.push(batch.labels!)
      return [...concatenate(found).data]
    }
    expect(await labelsOf({ labels: 'balanced' })).toEqual([0, 1, 0, 1, 0])
    expect(await labelsOf({ labels: 'balanced', firstIndex: 3 }, 2)).toEqual([1, 0, 1, 0, 1])
    expect(await labelsOf({ label: 'right' }, 2)).toEqual([1, 1, 1, 1, 1])
    expect(await labelsOf({ label: 0 })).toEqual([0, 0, 0, 0, 0])
    const drawn = await labelsOf({ labels: 'uniform', count: 200 })
    expect(await labelsOf({ labels: 'uniform', count: 180, firstIndex: 20 }, 7)).toEqual(drawn.slice(20))
    // 200 fair coins: four standard deviations are 28.
    expect(Math.abs(drawn.filter((label) => label === 1).length - 100)).toBeLessThan(28)
    expect(await cascade.sample({ ...all, labels: 'balanced' })).toEqual(
      await cascade.sample({ ...all, labels: [0, 1, 0, 1, 0] }),
    )
  })

  test.each([
    [{ from: 'sr3' }, "cascade: expected from, one of the stages base, sr, sr2, got 'sr3'. Did you mean"],
    [{ to: 1 }, 'cascade: expected to, one of the stages base, sr, sr2, got 1'],
    [{ from: 'sr2', to: 'sr', lowRes: rng(1).uniform([5, 4, 4, 1]) }, "a stage from 'sr2' on, got 'sr'"],
    [{ lowRes: rng(1).uniform([5, 3, 3, 1]) }, 'float32 [count,2,2,1] or [count,4,4,1], got float32 [5,3,3,1]'],
    [
      { lowRes: float32([], [0, 2, 2, 1]), count: undefined },
      'expected a number of images in lowRes, an integer from 1, got 0',
    ],
    [{ lowRes: 3 }, 'float32 [count,2,2,1] or [count,4,4,1], got 3'],
    [
      { from: 'sr', lowRes: new Float32Array(4), count: undefined },
      "stage 'sr': expected small images lowRes, float32",
    ],
    [{ lowRes: rng(1).uniform([5, 2, 2, 3]) }, 'got float32 [5,2,2,3]'],
    [
      { lowRes: float32([0, 0, 1.25, 0], [1, 2, 2, 1]), count: 1, label: 0, labels: undefined },
      'from -1 to 1, got 1.25 in image 0',
    ],
    [
      { lowRes: float32([0, 0, Number.NaN, 0], [1, 2, 2, 1]), count: 1, label: 0, labels: undefined },
      'got NaN in image 0',
    ],
    [{ lowRes: float32([0, 255, 7, 0], [1, 2, 2, 1]), count: 1, label: 0, labels: undefined }, 'byte / 127.5 - 1'],
    [{ label: 'up', labels: undefined }, "expected labels of the classes 0 to 1 (left, right), got 'up'"],
    [{ label: 0 }, 'cascade: expected labels or a label, got both'],
    [
      { labels: 'even' },
      "expected labels, a list of 5, 'balanced' or 'uniform', or one label for all images, got 'even'",
    ],
    [{ levels: { base: 3 } }, "expected levels of the super-resolution stages sr, sr2, got one of 'base'"],
    [{ levels: { sr: 13 } }, "stage 'sr': expected a level s of gaussian-noise, an integer from 0 to 12, got 13"],
    [{ firstIndex: -1 }, 'cascade: expected firstIndex, an integer from 0, got -1'],
    [{ count: undefined }, 'cascade: expected count, an integer from 1, got undefined'],
    [{ augmented: true }, 'cascade: expected lowRes, images that are augmented already, got none'],
  ])('what does not fit %#', async (changes, message) => {
    await expect(cascade.sample({ ...all, ...changes } as never)).rejects.toThrow(message)
  })
})

test('each stage can have a sampler of its own, and there can be more than two', async () => {
  const third = tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4 })
  const twice: ProcessX0 = (x0) => clipX0(tf.mul(x0, 2))
  const each = [sampling, { ...sampling, sampler: ddim(), processX0: twice }, { ...sampling, steps: [12, 1] }]
  const trainedStages = [trained(tinyBase()), trained(tinySuperResolution()), trained(third)]
  const stages = trainedStages.map((stage, i) => ({ ...stage, sampling: each[i]! }))
  const images = await cascadeSampler({ stages }, { compile: eager }).sample({ ...options, levels: [3, 7] })
  const alone = stageSampler(stages[2]!, { ...each[2]!, compile: eager })
  const rest = { lowRes: images[1]!, level: 7, rng: rng(9).fold('sr2') }
  expect(images[2]).toEqual(await alone.sample({ count: 5, labels, ...rest }))
})

describe('what does not fit is refused before any call of a network', () => {
  const seen: Given[] = []
  const base = trained(tinyBase(tinyNetwork(seen)))
  const sr = trained(tinySuperResolution({ network: tinyNetwork(seen) }))
  const cascade = cascadeSampler(sampled([base, sr]), { compile: eager })

  test.each([
    [
      { labels: undefined },
      "stage 'base': expected labels, a list of 5, 'balanced' or 'uniform', or one label for all images, got none",
    ],
    [{ labels: int32([0, 1, 1, 0, 1, 0]) }, 'expected labels [5], got [6]'],
    [{ labels: int32([0, 1, 1, 0, 2]), batchSize: 1 }, 'got 2'],
    [{ levels: [13] }, 'an integer from 0 to 12, got 13'],
    [
      { levels: [1, 2] },
      'expected levels, a list of 1 or by name, for the super-resolution stages sr, got an array of 2',
    ],
    [{ levels: [] }, 'expected levels, a list of 1 or by name, for the super-resolution stages sr, got an array of 0'],
    [{ levels: 3 }, 'expected levels, a list of 1 or by name, for the super-resolution stages sr, got 3'],
    [{ lables: labels }, "cascade: unknown option 'lables'. Did you mean 'labels'?"],
    [{ rng: 0 }, 'cascade: expected rng, a key such as rng(0) of @cascade-diffusion/random gives, got 0'],
    [
      { labels: ['left', 'right', 'up', 'left', 'left'] },
      "expected labels of the classes 0 to 1 (left, right), got 'up'",
    ],
    [{ count: 0 }, 'cascade: expected count, an integer from 1, got 0'],
    [{ batchSize: 0 }, 'cascade: expected batchSize, an integer from 1, got 0'],
  ])('options %#', async (changes, message) => {
    await expect(cascade.sample({ ...options, ...changes } as never)).rejects.toThrow(message)
    expect(seen).toEqual([])
  })

  test('small images', async () => {
    const z = rng(1).normal([3, 2, 2, 1])
    const message = 'expected small images lowRes, float32 [5,2,2,1], got'
    const given = (changes: object) => cascade.sample({ ...options, ...changes })
    await expect(given({ from: 'sr' })).rejects.toThrow(`${message} none`)
    await expect(given({ lowRes: concatenate([z, z]) })).rejects.toThrow(`${message} float32 [6,2,2,1]`)
    await expect(given({ from: 'base', lowRes: z })).rejects.toThrow("stage 'base': expected no lowRes")
    expect(seen).toEqual([])
  })
})

test('only stages that are sampled are compiled, when they are first needed', async () => {
  const calls: string[] = []
  const network = (name: string): StageNetwork => {
    const tiny = tinyNetwork()
    return {
      ...tiny,
      apply: (...inputs) => {
        calls.push(name)
        return tiny.apply(...inputs)
      },
    }
  }
  const third = tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4, network: network('sr2') })
  const stages = [tinyBase(network('base')), tinySuperResolution({ network: network('sr') }), third]
  const cascade = cascadeSampler(sampled(stages.map((stage) => trained(stage))), { compile: jit })
  expect(calls).toEqual([])
  await cascade.sample({ count: 2, label: 0, rng: rng(1), from: 'sr', to: 'sr', lowRes: rng(1).uniform([2, 2, 2, 1]) })
  expect(new Set(calls)).toEqual(new Set(['sr']))
  const traced = calls.length
  await cascade.sample({ count: 2, label: 0, rng: rng(2), to: 'sr' })
  expect(calls.slice(traced)).toEqual(Array(traced).fill('base'))
  await cascade.dispose()
})

test('rectangles, factors that are no integers, and two channels', async () => {
  const common = {
    imageChannels: 2,
    process: { schedule: { name: 'cosine', steps: 20 } },
    network: tinyNetwork(),
  } as const
  const augmentation = { name: 'none' } as const
  const stages = [
    baseStage({ name: 'base', resolution: [4, 6], ...common }),
    superResolutionStage({ name: 'sr', resolution: [6, 9], lowResolution: [4, 6], augmentation, ...common }),
    superResolutionStage({ name: 'sr2', resolution: [9, 18], lowResolution: [6, 9], augmentation, ...common }),
  ]
  const params = Object.fromEntries(Object.entries(trained(stages[0]!).params).filter(([name]) => name !== 'label'))
  const cascade = cascadeSampler(sampled(stages.map((stage) => ({ stage, params }))), { compile: eager })
  const images = await cascade.sample({ count: 3, rng: rng(9), batchSize: 2 })
  expect(images.map(({ shape }) => shape)).toEqual([
    [3, 4, 6, 2],
    [3, 6, 9, 2],
    [3, 9, 18, 2],
  ])
})

test("weights of another stage's network are refused when the sampler is made", () => {
  const size = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
  const stages = [tinyBase({ ...size, noiseSkip: true }), tinySuperResolution({ network: size })]
  const [base, sr] = stages.map((stage) => stage.network.init(rng(0)))
  const swapped = [
    { stage: stages[0]!, params: sr! },
    { stage: stages[1]!, params: base! },
  ]
  expect(() => cascadeSampler(sampled(swapped), { compile: jit })).toThrow(
    /stage 'base': expected the weight '.*' of shape \[.*\], got \[/,
  )
})

test('what is no cascade', () => {
  const { stages } = sampled([trained(tinyBase())])
  for (const given of [stages, stages[0], undefined])
    expect(() => cascadeSampler(given as never, { compile: jit })).toThrow(
      'cascade: expected a cascade, { stages }, got',
    )
  expect(() => cascadeSampler({ stages: [tinyBase()] } as never, { compile: jit })).toThrow(
    'cascade: expected a trained stage, as loadStage gives it',
  )
  expect(() => cascadeSampler({ stages }, undefined as never)).toThrow('expected an object of options')
  expect(() => cascadeSampler({ stages }, {} as never)).toThrow("stage 'base': expected compile, a function (jit of")
})

test.each([
  [{ sampler: ddim }, "sampler, { name: 'ddim' } or a value such as ddim(), called, got"],
  [{ sampler: 'ddim' }, "expected sampler, a sampler, such as { name: 'ddim' }, got 'ddim'"],
  [{ ...sampling, schedule: 3 }, "expected schedule, a schedule, such as { name: 'cosine' }, got 3"],
  [{ ...sampling, processX0: 'clip' }, "such as { name: 'clip' }, got 'clip'"],
])('samplings that are neither configurations nor values %#', (sampling, message) => {
  const stages = [{ ...trained(tinyBase()), sampling }]
  expect(() => cascadeSampler({ stages } as never, { compile: jit })).toThrow(message)
})

test('a schedule can be a value: the same images as of its configuration', async () => {
  const process = { schedule: { name: 'cosine', steps: 20 }, noiseInput: 'noise-level' } as const
  const stage = baseStage({ name: 'base', resolution: 2, imageChannels: 1, process, network: tinyNetwork() })
  const params = Object.fromEntries(Object.entries(trained(stage).params).filter(([name]) => name !== 'label'))
  const config = { name: 'linear', steps: 5, betaStart: 0.001, betaEnd: 0.5 } as const
  const [a, b] = [config, scheduleOf(config)].map((schedule) =>
    cascadeSampler({ stages: [{ stage, params, sampling: { sampler: ddim(), schedule } }] }, { compile: eager }),
  )
  const run = { count: 2, rng: rng(3) }
  expect(await a!.sample(run)).toEqual(await b!.sample(run))
})

test.each([
  [[], 'cascade: expected at least one stage, got none'],
  [[tinySuperResolution(), tinyBase()], "cascade: expected 'base' first, since it takes no images, got it after 'sr'"],
  [
    [tinyBase(), { ...tinyBase(), name: 'other' }],
    "expected 'other' first, since it takes no images, got it after 'base'",
  ],
  [
    [tinyBase(), tinySuperResolution({ resolution: 8, lowResolution: 4 })],
    "stage 'sr' super-resolves 4×4×1, but 'base' makes 2×2×1",
  ],
  [[tinyBase(), tinySuperResolution({ imageChannels: 3 })], "super-resolves 2×2×3, but 'base' makes 2×2×1"],
  [
    [tinyBase(), tinySuperResolution({ classNames: ['left', 'up'] })],
    "expected the 2 classes of 'base' (left, right) in 'sr', got class 1 'up' rather than 'right'",
  ],
  [
    [tinyBase(), tinySuperResolution({ classNames: ['left', 'right', 'up'] })],
    "expected the 2 classes of 'base' (left, right) in 'sr', got 3 (left, right, up)",
  ],
  [[tinyBase(), tinySuperResolution({ name: 'base' })], "cascade: expected different names, got two stages 'base'"],
])('chains that do not fit are refused %#', (stages: Stage[], message) => {
  const cascade = sampled(stages.map((stage) => trained(stage)))
  expect(() => cascadeSampler(cascade, { compile: jit })).toThrow(message)
})
