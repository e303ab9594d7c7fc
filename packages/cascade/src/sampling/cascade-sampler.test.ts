import { concatenate, int32 } from '@cascade-diffusion/arrays'
import { ancestral, ddim } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { afterAll, describe, expect, test } from 'vitest'
import type { Stage } from '../stage/stage.ts'
import { type Given, tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import { cascadeSampler } from './cascade-sampler.ts'
import { stageSampler } from './stage-sampler.ts'

const trained = <S extends Stage>(stage: S, seed = 4) => ({ stage, params: tinyNetwork().init(rng(seed)) })
const how = { sampler: ancestral(), steps: [18, 10, 3], compile: jit }
const labels = int32([0, 1, 1, 0, 1])
const options = { count: 5, labels, levels: [3], rng: rng(9) }

describe('a cascade of two stages', () => {
  const stages = [trained(tinyBase()), trained(tinySuperResolution(), 5)]
  const cascade = cascadeSampler(stages, how)
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
    expect(done).toEqual(['base', 'sr'].flatMap((stage) => counts.map((n) => `${stage} ${n}/5`)))
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

test('each stage can have a sampler of its own, and there can be more than two', async () => {
  const third = tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4 })
  const stages = [trained(tinyBase()), trained(tinySuperResolution()), trained(third)]
  const each = [how, { ...how, sampler: ddim() }, { ...how, steps: [12, 1] }].map((o) => ({ ...o, compile: eager }))
  const images = await cascadeSampler(stages, each).sample({ ...options, levels: [3, 7] })
  const alone = stageSampler(stages[2]!, each[2]!)
  const rest = { lowRes: images[1]!, level: 7, rng: rng(9).fold('sr2') }
  expect(images[2]).toEqual(await alone.sample({ count: 5, labels, ...rest }))
  expect(() => cascadeSampler(stages, [how, how])).toThrow('cascade: expected options for each of 3 stages, got 2')
})

describe('what does not fit is refused before any call of a network', () => {
  const seen: Given[] = []
  const base = trained(tinyBase(tinyNetwork(seen)))
  const sr = trained(tinySuperResolution({ network: tinyNetwork(seen) }))
  const cascade = cascadeSampler([base, sr], { ...how, compile: eager })

  test.each([
    [{ labels: undefined }, "stage 'base': expected labels [5], got none"],
    [{ labels: int32([0, 1, 1, 0, 1, 0]) }, 'expected labels [5], got [6]'],
    [{ labels: int32([0, 1, 1, 0, 2]), batchSize: 1 }, 'got 2'],
    [{ levels: [13] }, 'an integer from 0 to 12, got 13'],
    [{ levels: [1, 2] }, 'expected 1 levels, one for each super-resolution stage, got an array of 2'],
    [{ levels: [] }, 'expected 1 levels, one for each super-resolution stage, got an array of 0'],
    [{ levels: 3 }, 'expected 1 levels, one for each super-resolution stage, got 3'],
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
    await expect(cascade.sampleStage(1, options)).rejects.toThrow(`${message} none`)
    await expect(cascade.sampleStage(1, options, concatenate([z, z]))).rejects.toThrow(`${message} float32 [6,2,2,1]`)
    await expect(cascade.sampleStage(0, options, z)).rejects.toThrow("stage 'base': expected no lowRes")
    expect(seen).toEqual([])
  })
})

test('what is no list of trained stages', () => {
  expect(() => cascadeSampler(trained(tinyBase()) as never, how)).toThrow(
    'cascade: expected a cascade or a list of trained stages',
  )
  expect(() => cascadeSampler([tinyBase()] as never, how)).toThrow(
    'cascade: expected a trained stage, as loadStage gives it',
  )
  expect(() => cascadeSampler([trained(tinyBase())], undefined as never)).toThrow('expected an object of options')
})

test.each([
  [[], 'cascade: expected at least one stage, got none'],
  [[tinySuperResolution()], "cascade: expected a base stage first, got the super-resolution stage 'sr'"],
  [
    [tinyBase(), { ...tinyBase(), name: 'other' }],
    "expected a super-resolution stage after 'base', got the base 'other'",
  ],
  [
    [tinyBase(), tinySuperResolution({ resolution: 8, lowResolution: 4 })],
    "stage 'sr' super-resolves 4×4×1, but 'base' makes 2×2×1",
  ],
  [[tinyBase(), tinySuperResolution({ imageChannels: 3 })], "super-resolves 2×2×3, but 'base' makes 2×2×1"],
  [
    [tinyBase(), tinySuperResolution({ classNames: undefined })],
    "expected the classes of 'base' (left,right), got none in 'sr'",
  ],
  [[tinyBase(), tinySuperResolution({ name: 'base' })], "cascade: expected different names, got two stages 'base'"],
])('chains that do not fit are refused %#', (stages: Stage[], message) => {
  expect(() =>
    cascadeSampler(
      stages.map((stage) => trained(stage)),
      how,
    ),
  ).toThrow(message)
})
