import { int32, ndarray } from '@cascade-diffusion/arrays'
import { ancestral, ddim, keepX0 } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { continuousCosine } from '@cascade-diffusion/schedules'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import type { Stage } from '../../stage/stage.ts'
import {
  alphaBar,
  type Given,
  maxLevel,
  smear,
  tinyBase,
  tinyNetwork,
  tinySuperResolution,
} from '../../test-support.ts'
import { type StageSampleOptions, type StageSamplerOptions, stageSampler } from './stage-sampler.ts'

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
      expect(greatestDifference(given!, expected)).toBeLessThan(1e-6)
      expect(level).toEqual([s, s, s])
    }
  })

  test('images that are augmented already: themselves, and s', async () => {
    const seen: Given[] = []
    const sampler = samplerOf(tinySuperResolution({ network: tinyNetwork(seen) }))
    await sampler.sample({ ...options, level: 5, augmented: true })
    for (const { lowRes: given, level } of seen)
      expect({ given, level }).toEqual({ given: [...lowRes.data], level: [5, 5, 5] })
  })

  test('a custom augmentation, and a network conditioned on its level', async () => {
    const seen: Given[] = []
    await samplerOf(tinySuperResolution({ network: tinyNetwork(seen), augmentation: smear })).sample({
      ...options,
      level: 2,
    })
    const expected = lowRes.data.map((_, i) => (lowRes.data[i - (i % 2)]! + lowRes.data[i - (i % 2) + 1]!) / 2)
    expect(greatestDifference(seen[0]!.lowRes!, expected)).toBeLessThan(1e-6)
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

test('a truncated run is the same up to its stop, and x_t there is not clipped', async () => {
  const sampler = stageSampler({ stage: tinyBase(), params: weights }, { sampler: ancestral(), compile: eager })
  const given = { count: 50, labels: Array.from({ length: 50 }, (_, i) => i % 2), rng: rng(3) }
  const whole = []
  for await (const frame of sampler.stream(given)) whole.push(frame)
  const stop = noise(alphaBar(12))
  const frames = []
  for await (const frame of sampler.stream({ ...given, stop })) frames.push(frame)
  expect(frames.map(({ t, stepsLeft }) => [t, stepsLeft])).toEqual([18, 17, 16, 15, 14, 13, 12].map((t) => [t, t - 12]))
  expect(greatestDifference(frames.at(-1)!.xt.data, whole[frames.length - 1]!.xt.data)).toBeLessThan(1e-6)
  expect(frames.at(-1)?.xt).toEqual(await sampler.sample({ ...given, stop }))
  expect(Math.max(...frames.at(-1)!.xt.data.map(Math.abs))).toBeGreaterThan(1.5)
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
  await expect(frames.next()).rejects.toMatchObject({ code: 'interrupted', cause: new Error('enough') })
  expect(seen).toHaveLength(1)
})

const noise = (alphaCumprod: number) => ({ alpha: Math.sqrt(alphaCumprod), sigma: Math.sqrt(1 - alphaCumprod) })

describe('conditions that do not fit are refused before any call of the network', () => {
  const seen: Given[] = []
  const stages = {
    base: tinyBase(tinyNetwork(seen)),
    sr: tinySuperResolution({ network: tinyNetwork(seen) }),
    unconditional: tinySuperResolution({ network: tinyNetwork(seen), classNames: undefined }),
  }
  const { lowRes: _, level: __, ...ofBase } = options
  test.each([
    ['base', { ...ofBase, lowRes }, "stage 'base': expected no lowRes, no level and no augmented"],
    ['base', { ...ofBase, level: 0 }, 'expected no lowRes, no level and no augmented'],
    ['base', { ...ofBase, augmented: true }, 'expected no lowRes, no level and no augmented'],
    ['base', { ...ofBase, augmented: 1 }, "stage 'base': expected augmented, true or false, got 1"],
    ['base', { ...ofBase, stop: 5 }, "stage 'base': expected stop, a noise level { alpha, sigma } as truncatedStop"],
    ['base', { ...ofBase, stop: { alpha: 1, sigma: 1 } }, "stage 'base': expected a stop, a step or { alpha, sigma }"],
    ['base', { ...ofBase, stop: noise(1e-7) }, "stage 'base': expected a noise level within the process, alpha from"],
    ['sr', { ...options, lowRes: ndarray(new Float32Array(12).fill(Number.NaN), [3, 2, 2, 1]) }, 'got NaN at 0'],
    ['base', { ...ofBase, labels: undefined }, "stage 'base': expected labels [3], got none"],
    ['sr', { ...options, labels: int32([0, 1]) }, "stage 'sr': expected labels [3], got [2]"],
    ['sr', { ...options, labels: int32([0, 2, 1]) }, 'expected labels of the classes 0 to 1 (left, right), got 2'],
    [
      'sr',
      { ...options, labels: int32([0, -1, 1]) },
      'got -1: no class, which needs a stage that was trained with labelDropout',
    ],
    ['sr', { ...options, lowRes: undefined }, "stage 'sr': expected small images lowRes, float32 [3,2,2,1], got none"],
    ['sr', { ...options, lowRes: rng(1).normal([3, 4, 4, 1]) }, 'lowRes, float32 [3,2,2,1], got float32 [3,4,4,1]'],
    ['sr', { ...options, level: 13 }, 'an integer from 0 to 12, got 13'],
    ['sr', { ...options, level: 1.5 }, 'an integer from 0 to 12, got 1.5'],
    ['sr', { ...options, level: -1 }, 'an integer from 0 to 12, got -1'],
    ['sr', { ...options, labels: [0, 0.5, 1] }, '(left, right), got 0.5'],
    ['sr', { ...options, labels: [0, Number.NaN, 1] }, '(left, right), got NaN'],
    ['sr', { ...options, labels: 'left' }, "stage 'sr': expected labels [3], got 'left'"],
    ['sr', { ...options, labels: ['left', 'Right', 'left'] }, "(left, right), got 'Right'"],
    [
      'sr',
      { ...options, labels: [0, -1, 1] },
      'got -1: no class, which needs a stage that was trained with labelDropout',
    ],
    ['sr', { ...options, lowRes: [1, 2, 3] }, 'lowRes, float32 [3,2,2,1], got an array of 3'],
    ['sr', { ...options, lowRes: int32(new Int32Array(12), [3, 2, 2, 1]) }, 'got int32 [3,2,2,1]'],
    ['base', { ...ofBase, count: '3' }, "stage 'base': expected a count, an integer from 1, got '3'"],
    ['base', { ...ofBase, rng: 8 }, "stage 'base': expected rng, a key such as rng(0)"],
    ['base', { ...ofBase, first: 8 }, "stage 'base': unknown option 'first'"],
    ['unconditional', options, 'expected no labels, since the stage is unconditional'],
  ] as [keyof typeof stages, object, string][])('%s %#', async (name, given, message) => {
    await expect(samplerOf(stages[name]).sample(given as StageSampleOptions)).rejects.toThrow(message)
    expect(seen).toEqual([])
  })
})

describe('options of a sampler', () => {
  const trained = { stage: tinyBase(), params: weights }
  const how = { sampler: ddim(), compile: eager }
  test.each([
    [{ sampler: 'ddim' }, "stage 'base': expected a sampler, { name: 'ddim' } or a value such as ddim(), got 'ddim'"],
    [{ sampler: ddim }, 'got the function ddim, which has to be called'],
    [{ sampler: undefined }, 'or a value such as ddim(), got undefined'],
    [{ sampler: { name: 'ddim', eta: -1 } }, "stage 'base': sampler: expected eta, a number from 0, got -1"],
    [{ sampler: { name: 'dim' } }, "Did you mean 'ddim'?"],
    [{ compile: undefined }, "stage 'base': expected compile, a function (jit of"],
    [{ step: 10 }, "stage 'base': unknown option 'step'. Did you mean 'steps'?"],
    [{ steps: 21 }, "stage 'base': expected steps, an integer from 1 to 20, got 21"],
    [{ steps: 'all' }, "stage 'base': expected steps, a number, a list or { count }, got 'all'"],
    [{ steps: { count: 0 } }, "stage 'base': steps: expected count, an integer from 1, got 0"],
    [{ steps: { count: 3, form: 9 } }, "stage 'base': steps: unknown option 'form'. Did you mean 'from'?"],
    [
      { schedule: 'linear' },
      "stage 'base': expected a schedule, { name: 'linear', steps: 100 }, or one of schedules, got 'linear'",
    ],
    [{ restarts: { at: -1, to: 3 } }, "stage 'base': expected restarts, a list such as [{ at: -1, to: 10 }]"],
    [{ guidance: 3 }, "stage 'base': guidance: expected guidance, such as { name: 'classifier-free' }, got 3"],
    [{ guidance: { name: 'classifier-free', scala: 3 } }, "unknown option 'scala'. Did you mean 'scale'?"],
    [{ guidance: { name: 'classifier-free' } }, "stage 'base': guidance: expected scale, a number, got undefined"],
    [{ guidance: { scale: 3 } }, "guidance: expected guidance by its name, one of 'classifier-free', 'classifier'"],
    [
      { processX0: 'clip' },
      "stage 'base': processX0: expected a processing of x0, such as { name: 'clip' }, got 'clip'",
    ],
  ])('%j is refused when it is made', (wrong, message) => {
    expect(() => stageSampler(trained, { ...how, ...wrong } as never)).toThrow(message)
  })

  test('a stage without its weights is no trained one', () => {
    expect(() => stageSampler(tinyBase() as never, how)).toThrow(
      'stageSampler: expected a trained stage, as loadStage gives it, or { stage, params: ema } of a trainStage',
    )
  })

  test('a count of steps: evenly spaced, from the last to the first', async () => {
    const stepsOf = async (steps: StageSamplerOptions['steps']) => {
      const seen: Given[] = []
      const sampler = stageSampler({ stage: tinyBase(tinyNetwork(seen)), params: weights }, { ...how, steps })
      await sampler.sample({ count: 1, labels: [0], rng: rng(1) })
      return seen.map(({ noise }) => noise![0])
    }
    expect(await stepsOf(4)).toEqual([19, 13, 6, 0])
    expect(await stepsOf(20)).toEqual(Array.from({ length: 20 }, (_, i) => 19 - i))
    expect(await stepsOf([19, 13, 6, 0])).toEqual([19, 13, 6, 0])
    expect(await stepsOf({ count: 3, from: 16, to: 4 })).toEqual([16, 10, 4])
    const { process } = tinyBase()
    const stage = { ...tinyBase(), process: { ...process, schedule: continuousCosine(), prediction: 'v' as const } }
    expect(() => stageSampler({ stage, params: weights }, { ...how, steps: 4 })).toThrow(
      "stage 'base': expected steps in continuous time as { count, from, to } or a list",
    )
  })
})

test('images that are not finite are an error that names the stage and the step', async () => {
  const network = tinyNetwork()
  const apply: typeof network.apply = (params, xt, noise, condition) =>
    tf.div(network.apply(params, xt, noise, condition), tf.cast(tf.greater(tf.mean(noise), 12), 'float32'))
  const sampler = stageSampler(
    { stage: tinyBase({ ...network, apply }), params: weights },
    { sampler: ddim(), steps: [19, 10, 3], compile: eager, processX0: keepX0 },
  )
  const given = { count: 2, labels: [0, 1], rng: rng(1) }
  const message = /^stage 'base': expected the images after timestep 10 of finite values, got -?(NaN|Infinity) at \d$/
  await expect(sampler.sample(given)).rejects.toThrow(message)
  const steps: number[] = []
  const streamed = (async () => {
    for await (const { t } of sampler.stream(given)) steps.push(t)
  })()
  await expect(streamed).rejects.toThrow(message)
  expect(steps).toEqual([10])
})
