import { int32, ndarray } from '@cascade-diffusion/arrays'
import { ancestral, ddim } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { describe, expect, test } from 'vitest'
import type { Stage } from './stage.ts'
import { type StageSampleOptions, stageSampler } from './stage-sampler.ts'
import {
  alphaBar,
  type Given,
  maxLevel,
  smear,
  tinyBase,
  tinyNetwork,
  tinySuperResolution,
  worstDifference,
} from './test-support.ts'

const weights = tinyNetwork().init(rng(4))
const samplerOf = (stage: Stage, steps: readonly number[] = [19, 10, 3]) =>
  stageSampler({ stage, params: weights }, { sampler: ddim(), steps, compile: eager })

/** Small images in [-1, 1]. */
const lowRes = ndarray(
  rng(6)
    .uniform([3, 2, 2, 1])
    .data.map((u) => 2 * u - 1),
  [3, 2, 2, 1],
)
const options: StageSampleOptions = { count: 3, labels: int32([1, 0, 1]), lowRes, level: 0, rng: rng(8) }

describe('what the network is given', () => {
  test('level 0: z itself', async () => {
    const seen: Given[] = []
    await samplerOf(tinySuperResolution({ network: tinyNetwork(seen) })).sample(options)
    expect(seen).toHaveLength(3)
    for (const { lowRes: given, level, label } of seen)
      expect({ given, level, label }).toEqual({ given: [...lowRes.data], level: [0, 0, 0], label: [1, 0, 1] })
    expect(seen.map(({ noise }) => noise)).toEqual([19, 10, 3].map((t) => [t, t, t]))
  })

  test.each([1, 5, maxLevel])('level %d: z_s, with the noise of each image’s place, and s', async (s) => {
    const seen: Given[] = []
    const sampler = samplerOf(tinySuperResolution({ network: tinyNetwork(seen) }))
    await sampler.sample({ ...options, level: s, firstIndex: 7 })
    const noise = rng(8).fold('augmentation').normal([10, 2, 2, 1]).data.subarray(28)
    const a = alphaBar(s - 1)
    const expected = lowRes.data.map((z, i) => Math.sqrt(a) * z + Math.sqrt(1 - a) * noise[i]!)
    for (const { lowRes: given, level } of seen) {
      expect(worstDifference(given!, expected)).toBeLessThan(1e-6)
      expect(level).toEqual([s, s, s])
    }
  })

  test('an augmentation of your own, which is told its level', async () => {
    const seen: Given[] = []
    await samplerOf(tinySuperResolution({ network: tinyNetwork(seen), augmentation: smear })).sample({
      ...options,
      level: 2,
    })
    const expected = lowRes.data.map((_, i) => (lowRes.data[i - (i % 2)]! + lowRes.data[i - (i % 2) + 1]!) / 2)
    expect(worstDifference(seen[0]!.lowRes!, expected)).toBeLessThan(1e-6)
    expect(seen[0]!.level).toEqual([2, 2, 2])
  })

  test('no augmentation: z and no level', async () => {
    const seen: Given[] = []
    const stage = tinySuperResolution({ network: tinyNetwork(seen), augmentation: { name: 'none' } })
    await samplerOf(stage).sample(options)
    expect(Object.keys(seen[0]!)).toEqual(['xt', 'noise', 'label', 'lowRes'])
  })
})

test('the stream ends with the sample, and steps down the whole process by default', async () => {
  const stage = tinyBase()
  const sampler = stageSampler({ stage, params: weights }, { sampler: ancestral(), compile: eager })
  const given = { count: 2, labels: int32([0, 1]), rng: rng(3) }
  const frames = []
  for await (const frame of sampler.stream(given)) frames.push(frame)
  expect(frames.map(({ t }) => t)).toEqual(Array.from({ length: 20 }, (_, i) => 18 - i))
  expect(frames.at(-1)?.xt).toEqual(await sampler.sample(given))
})

test('a signal ends it before the next step', async () => {
  const seen: Given[] = []
  const stop = new AbortController()
  const frames = samplerOf(tinySuperResolution({ network: tinyNetwork(seen) })).stream({
    ...options,
    signal: stop.signal,
  })
  await frames.next()
  stop.abort(new Error('enough'))
  await expect(frames.next()).rejects.toThrow('enough')
  expect(seen).toHaveLength(1)
})

describe('conditions that do not fit are refused before any call of the network', () => {
  const seen: Given[] = []
  const stages = {
    base: tinyBase(tinyNetwork(seen)),
    sr: tinySuperResolution({ network: tinyNetwork(seen) }),
    unconditional: tinySuperResolution({ network: tinyNetwork(seen), classNames: undefined }),
  }
  const { lowRes: _, level: __, ...ofBase } = options
  test.each([
    ['base', { ...ofBase, lowRes }, "stage 'base': expected no lowRes and no level"],
    ['base', { ...ofBase, level: 0 }, 'expected no lowRes and no level'],
    ['base', { ...ofBase, labels: undefined }, "stage 'base': expected labels [3], got none"],
    ['sr', { ...options, labels: int32([0, 1]) }, "stage 'sr': expected labels [3], got [2]"],
    ['sr', { ...options, labels: int32([0, 2, 1]) }, 'unknown class label 2; the classes are 0 to 1: left, right'],
    ['sr', { ...options, labels: int32([0, -1, 1]) }, 'unknown class label -1'],
    ['sr', { ...options, lowRes: undefined }, "stage 'sr': expected small images lowRes [3,2,2,1], got none"],
    ['sr', { ...options, lowRes: rng(1).normal([3, 4, 4, 1]) }, 'lowRes [3,2,2,1], got [3,4,4,1]'],
    ['sr', { ...options, level: 13 }, 'an integer from 0 to 12, got 13'],
    ['sr', { ...options, level: 1.5 }, 'an integer from 0 to 12, got 1.5'],
    ['sr', { ...options, level: -1 }, 'an integer from 0 to 12, got -1'],
    ['unconditional', options, 'expected no labels, since the stage is unconditional'],
  ] as const)('%s %#', async (name, given, message) => {
    await expect(samplerOf(stages[name]).sample(given)).rejects.toThrow(message)
    expect(seen).toEqual([])
  })
})
