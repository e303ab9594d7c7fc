import { join } from 'node:path'
import { shuffledIndices } from '@cascade-diffusion/data'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { loadCheckpoint } from '@cascade-diffusion/training'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { baseStage } from '../stage/stage.ts'
import type { StageNetwork } from '../stage/stage-network.ts'
import { alphaBar, halves, T } from '../test-support.ts'
import { type TrainStageOptions, trainStage } from './train-stage.ts'

/** The inputs of a network. */
interface Seen {
  readonly noise: number[]
  readonly xt: number[]
  readonly label: number[]
  readonly dropout: number[]
}

/** Gives w everywhere, and u for each value of the variance: noise above `hard`, ten times w + 1. */
const constant = (outputs: 1 | 2, { seen, hard = Infinity }: { seen?: Seen[]; hard?: number } = {}): StageNetwork => ({
  config: { name: 'constant', dropout: 0.5 },
  init: () =>
    Object.fromEntries(['w', 'u'].map((n) => [n, { dtype: 'float32', shape: [], data: new Float32Array(1) }])),
  apply({ w, u }, xt, noise, { label, dropout }) {
    const [shown, inputs] = [[...xt.dataSync()], [...noise.dataSync()]]
    seen?.push({ noise: inputs, xt: shown, label: [...label!.dataSync()], dropout: [...dropout!.dataSync()] })
    const hardness = tf.cast(tf.greater(noise, hard), 'float32')
    const prediction = tf.add(w!, tf.mul(10, tf.reshape(hardness, [-1, 1, 1, 1])))
    const all = [prediction, u!].slice(0, outputs).map((x) => tf.add(tf.zerosLike(xt), x) as tf.Tensor4D)
    return outputs === 2 ? (tf.concat(all, 3) as tf.Tensor4D) : all[0]!
  },
})

const cosine = { schedule: { name: 'cosine', steps: T } } as const
const stageOf = (process: ProcessConfig, network: StageNetwork, labelDropout = 0) =>
  baseStage({
    name: 'base',
    resolution: 2,
    imageChannels: 1,
    classNames: ['left', 'right'],
    process,
    network,
    labelDropout,
  })

const run = (changes: Pick<TrainStageOptions, 'stage'> & Partial<TrainStageOptions>): TrainStageOptions => ({
  dataset: halves(4, 2),
  steps: 1,
  batchSize: 4,
  learningRate: 0.05,
  seed: 3,
  compile: eager,
  ...changes,
})

/** ε of the first step of seed 3, and the images x0 that it goes with, in the order of the batch. */
const epsilon = [...rng(3).fold('batch').fold(0).fold('epsilon').normal([4, 2, 2, 1]).data]
const order = [...shuffledIndices(4, 4, rng(3).fold('base').fold('order'))(0)]
const x0 = order.flatMap((i) =>
  [...halves(4, 2).images.data.subarray(4 * i, 4 * i + 4)].map((byte) => byte / 127.5 - 1),
)
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length

describe('the first loss of a network that gives 0, from the definitions', () => {
  const first = async (process: ProcessConfig, objective: Partial<TrainStageOptions> = {}, outputs: 1 | 2 = 1) => {
    const seen: Seen[] = []
    const { losses } = await trainStage(run({ stage: stageOf(process, constant(outputs, { seen })), ...objective }))
    return { loss: losses[0]!, ...seen[0]! }
  }
  /** The mean of a function of x0, ε, and ᾱ of its image. */
  const average = (noise: readonly number[], f: (x: number, e: number, bar: number) => number) =>
    mean(x0.map((x, i) => f(x, epsilon[i]!, alphaBar(noise[Math.floor(i / 4)]!))))

  test.each([
    ['epsilon', (_: number, e: number) => e],
    ['x0', (x: number) => x],
    ['v', (x: number, e: number, bar: number) => Math.sqrt(bar) * e - Math.sqrt(1 - bar) * x],
  ] as const)('%s', async (prediction, target) => {
    const { loss, noise } = await first({ ...cosine, prediction })
    expect(loss).toBeCloseTo(
      average(noise, (x, e, bar) => target(x, e, bar) ** 2),
      5,
    )
  })

  test.each([
    ['l1', { norm: 'l1' }, (e: number) => Math.abs(e)],
    [
      'min-snr',
      { weighting: { name: 'min-snr', gamma: 2 } },
      (e: number, snr: number) => Math.min(2 / snr, 1) * e ** 2,
    ],
    ['p2', { weighting: { name: 'p2', gamma: 0.5 } }, (e: number, snr: number) => (1 + snr) ** -0.5 * e ** 2],
    ['edm', { weighting: { name: 'edm' } }, (e: number, snr: number) => (4 / snr + 1) * e ** 2],
  ] as const)('%s', async (_, loss, expected) => {
    const { noise, ...actual } = await first(cosine, { loss: { name: 'simple', ...loss } })
    const value = average(noise, (_, e, bar) => expected(e, bar / (1 - bar)))
    expect(actual.loss / value).toBeCloseTo(1, 4)
  })

  test('noise inputs', async () => {
    const { noise } = await first(cosine)
    expect((await first({ ...cosine, noiseInput: 'rescaled-timestep' })).noise).toEqual(noise.map((t) => 50 * t))
    const levels = (await first({ ...cosine, noiseInput: 'noise-level' })).noise
    for (const [i, t] of noise.entries()) expect(levels[i]).toBeCloseTo(Math.sqrt(alphaBar(t)), 5)
    const snrs = (await first({ ...cosine, noiseInput: 'log-snr' })).noise
    for (const [i, t] of noise.entries()) expect(snrs[i]).toBeCloseTo(Math.log(alphaBar(t) / (1 - alphaBar(t))), 4)
  })

  test('the hybrid loss is the default of a learned variance: it trains the variance as well', async () => {
    const stage = stageOf({ ...cosine, variance: 'learned-range' }, constant(2))
    const { params, losses } = await trainStage(run({ stage }))
    expect([params.w!.data[0], params.u!.data[0]].every((x) => x !== 0)).toBe(true)
    const explicit = await trainStage(run({ stage, loss: { name: 'hybrid' } }))
    expect(explicit.losses).toEqual(losses)
    const more = await trainStage(run({ stage, loss: { name: 'hybrid', vlbWeight: 2 } }))
    const { losses: simple } = await trainStage(run({ stage: stageOf(cosine, constant(1)) }))
    expect((more.losses[0]! - simple[0]!) / (losses[0]! - simple[0]!)).toBeCloseTo(2 / (T / 1000), 2)
  })

  test.each(['fixed-small', 'fixed-large', 'learned', 'learned-range'] as const)('the bound, %s', async (variance) => {
    const stage = stageOf({ ...cosine, variance }, constant(variance.startsWith('learned') ? 2 : 1))
    const at = async (vlbWeight?: number) =>
      (await trainStage(run({ stage, loss: { name: 'kl', ...(vlbWeight && { vlbWeight }) } }))).losses[0]!
    expect((await at()) / (await at(1))).toBeCloseTo(T, 2)
  })
})

describe('noise levels', () => {
  const inputs = async (process: ProcessConfig, noiseLevels: TrainStageOptions['noiseLevels']) => {
    const seen: Seen[] = []
    const stage = stageOf(process, constant(1, { seen }))
    await trainStage(run({ stage, steps: 60, ...(noiseLevels && { noiseLevels }) }))
    return seen
  }
  const input = { ...cosine, noiseInput: 'noise-level' } as const

  test.each(['alpha', 'alphaCumprod'] as const)('piecewise-uniform in %s: between the steps', async (uniformIn) => {
    const [first, ...more] = await inputs(input, { name: 'piecewise-uniform', uniformIn })
    first!.xt.forEach((xt, i) => {
      const alpha = first!.noise[Math.floor(i / 4)]!
      expect(xt).toBeCloseTo(alpha * x0[i]! + Math.sqrt(1 - alpha ** 2) * epsilon[i]!, 5)
    })
    const levels = more.flatMap(({ noise }) => noise)
    const steps = Array.from({ length: T }, (_, t) => Math.fround(Math.sqrt(alphaBar(t))))
    expect(levels.every((level) => level > steps[T - 1]! && level < 1 && !steps.includes(level))).toBe(true)
    // Each step's interval as likely as any other.
    const below = levels.filter((level) => level < steps[T / 2 - 1]!).length / levels.length
    expect(Math.abs(below - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / levels.length))
  })

  test('log-normal: ln(sigma / alpha) has its mean and deviation', async () => {
    const seen = await inputs({ ...cosine, noiseInput: 'log-snr' }, { name: 'log-normal', mean: -1, std: 0.5 })
    const logs = seen.flatMap(({ noise }) => noise.map((logSnr) => -logSnr / 2))
    expect(Math.abs(mean(logs) + 1)).toBeLessThan((4 * 0.5) / Math.sqrt(logs.length))
    const deviation = Math.sqrt(mean(logs.map((x) => (x - mean(logs)) ** 2)))
    expect(Math.abs(deviation - 0.5)).toBeLessThan((4 * 0.5) / Math.sqrt(2 * logs.length))
  })

  test('continuous time: uniform, conditioned on 1000 times the time', async () => {
    const times = (await inputs({ schedule: { name: 'continuous-cosine' } }, undefined)).flatMap(({ noise }) =>
      noise.map((t) => t / 1000),
    )
    expect(Math.abs(mean(times) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / times.length))
    expect(times.some((t) => t > 0.95) && times.some((t) => t < 0.05)).toBe(true)
  })

  describe('loss-second-moment', () => {
    const steps = 5
    const [noiseLevels, hard] = [{ name: 'loss-second-moment', length: 2 } as const, 3]
    const importance = (changes: Partial<TrainStageOptions> = {}, seen?: Seen[]) =>
      run({
        stage: stageOf(
          { schedule: { name: 'betas', betas: Array(steps).fill(0.2) } },
          constant(1, { ...(seen && { seen }), hard }),
        ),
        steps: 40,
        batchSize: 16,
        learningRate: 0,
        noiseLevels,
        ...changes,
      })

    test('steps with large losses more often, and the loss stays that of uniform steps', async () => {
      const seen: Seen[] = []
      const { losses } = await trainStage(importance({}, seen))
      const late = seen.slice(10).flatMap(({ noise }) => noise)
      // The moments are about 1.3 at four steps and 101 at the last one.
      expect(late.filter((t) => t > hard).length / late.length).toBeGreaterThan(0.9)
      // Of uniform steps: four times E ε² = 1 and once E (10 - ε)² = 101.
      expect(Math.abs(mean([...losses.subarray(10)]) / 21 - 1)).toBeLessThan(0.1)
    })

    test('interrupted and resumed, it ends as it does in one go, to the last bit', async () => {
      const whole = await trainStage(importance({ learningRate: 0.05 }))
      const checkpoint = { path: join(temporaryFolder(), 'base.safetensors') }
      const stop = new AbortController()
      const progress = ({ step }: { step: number }) => step === 17 && stop.abort()
      const stopped = trainStage(importance({ learningRate: 0.05, checkpoint, signal: stop.signal, progress }))
      await expect(stopped).rejects.toThrow('train: interrupted after step 17 of 40')
      const { memory } = await loadCheckpoint(checkpoint.path)
      expect([...memory!.counts!.data]).toEqual(Array(steps).fill(2))
      expect(await trainStage(importance({ learningRate: 0.05, checkpoint }))).toEqual(whole)
      await expect(
        trainStage(importance({ learningRate: 0.05, checkpoint, noiseLevels: { name: 'uniform' } })),
      ).rejects.toThrow('noiseLevels.name')
    })
  })
})

test('labels are dropped as often as the stage says, and what the network drops has a new seed each time', async () => {
  const seen: Seen[] = []
  const stage = stageOf(cosine, constant(1, { seen }), 0.3)
  await trainStage(run({ stage, steps: 100 }))
  const labels = seen.flatMap(({ label }) => label)
  expect(Math.abs(mean(labels.map((label) => Number(label === -1))) - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / 400))
  expect(new Set(labels)).toEqual(new Set([-1, 0, 1]))
  expect(new Set(seen.flatMap(({ dropout }) => dropout)).size).toBeGreaterThan(395)
  expect(stage.description.labelDropout).toBe(0.3)
})

const size = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }

test.each([
  [
    '4000 cosine steps, learned range, hybrid loss',
    { schedule: { name: 'cosine', steps: 4000 }, variance: 'learned-range' },
    {},
  ],
  [
    'continuous noise levels of 2000 linear steps',
    { schedule: { name: 'linear', steps: 2000 }, noiseInput: 'noise-level' },
    { noiseLevels: { name: 'piecewise-uniform' }, loss: { name: 'simple', norm: 'l1' } },
  ],
  ['continuous time, v', { schedule: { name: 'continuous-cosine' }, prediction: 'v' }, {}],
] as [string, ProcessConfig, Partial<TrainStageOptions>][])(
  "a U-Net's loss falls: %s",
  async (_, process, objective) => {
    const stage = baseStage({
      name: 'base',
      resolution: 4,
      imageChannels: 1,
      classNames: ['left', 'right'],
      process,
      network: { ...size, dropout: 0.1 },
    })
    const options = run({ stage, dataset: halves(10, 4), steps: 120, batchSize: 8, compile: jit, learningRate: 0.005 })
    const { losses } = await trainStage({ ...options, ...objective })
    expect(mean([...losses.subarray(-20)]) / mean([...losses.subarray(0, 5)])).toBeLessThan(0.8)
  },
)

describe('what cannot be', () => {
  const learned = { ...cosine, variance: 'learned' } as const
  const continuous = { schedule: { name: 'continuous-cosine' } } as const
  test.each([
    [learned, { loss: { name: 'simple' } }, 'expected the loss hybrid or kl, since the variance is learned'],
    [
      cosine,
      { loss: { name: 'hybrid' } },
      'expected a variance that is learned or learned-range for the loss hybrid, got fixed-large',
    ],
    [continuous, { loss: { name: 'kl' } }, 'expected the loss simple in continuous time, got kl'],
    [
      cosine,
      { loss: { name: 'huber' } },
      "loss: expected a loss by its name, one of 'simple', 'hybrid', 'kl'; got 'huber'",
    ],
    [
      cosine,
      { loss: { name: 'simple', weighting: { name: 'snr' } } },
      "expected weighting, a weighting by its name, one of 'min-snr', 'p2', 'edm'; got 'snr'",
    ],
    [
      cosine,
      { noiseLevels: { name: 'piecewise-uniform' } },
      'expected a network conditioned on the noise-level or the log-snr for noise levels piecewise-uniform, got timestep',
    ],
    [
      { ...cosine, noiseInput: 'noise-level' },
      { noiseLevels: { name: 'log-normal' }, loss: { name: 'kl' } },
      'expected the loss simple for noise levels log-normal, got kl',
    ],
    [
      continuous,
      { noiseLevels: { name: 'loss-second-moment' } },
      'expected discrete steps for noise levels loss-second-moment',
    ],
    [cosine, { noiseLevels: { name: 'loss-second-moment', length: 0 } }, 'length'],
    [
      cosine,
      { noiseLevels: { name: 'loss-second-moment', uniformProbability: 2 } },
      'noise levels: expected uniformProbability, a number from 0 to 1, got 2',
    ],
    [cosine, { noiseLevels: { name: 'gaussian' } }, "got 'gaussian'"],
  ] as [ProcessConfig, object, string][])('%j with %j', async (process, objective, message) => {
    const stage = stageOf(process, constant(process.variance === 'learned' ? 2 : 1))
    await expect(trainStage({ ...run({ stage }), ...objective })).rejects.toThrow(message)
  })

  test('a network whose channels do not fit the variance', async () => {
    const few = run({ stage: stageOf({ ...cosine, variance: 'learned-range' }, constant(1)) })
    await expect(trainStage(few)).rejects.toThrow('as the variance is learned-range, got [4,2,2,1]')
    const many = run({ stage: stageOf(cosine, constant(2)) })
    await expect(trainStage(many)).rejects.toThrow('as the variance is fixed-large, got [4,2,2,2]')
  })
})
