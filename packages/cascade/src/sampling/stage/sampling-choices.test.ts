import { int32, ndarray } from '@cascade-diffusion/arrays'
import type { ProcessConfig } from '@cascade-diffusion/diffusion'
import {
  ancestral,
  ddim,
  dpmSolver,
  dynamicThreshold,
  heun,
  keepX0,
  stepsDown,
  unipc,
} from '@cascade-diffusion/diffusion'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { continuousCosine, linearSchedule, respace } from '@cascade-diffusion/schedules'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import type { TrainedStage } from '../../stage/described-stage.ts'
import { baseStage } from '../../stage/stage.ts'
import type { StageNetwork } from '../../stage/stage-network.ts'
import { halves, T } from '../../test-support.ts'
import { trainStage } from '../../training/train-stage.ts'
import { type StageSamplerOptions, stageSampler } from './stage-sampler.ts'

/** Its prediction has something of the class, whose embedding is 0 where the label is -1, and of the noise input. */
const network = (inputs: number[] = []): StageNetwork => ({
  config: { name: 'linear' },
  init: () => ({}),
  apply(_, xt, noise, { label }) {
    inputs.push(noise.dataSync()[0]!)
    const one = (x: tf.Tensor) => tf.reshape(tf.cast(x, 'float32'), [-1, 1, 1, 1])
    const ofClass = tf.mul(0.1, one(tf.add(label!, 1)))
    return tf.add(tf.add(tf.mul(0.2, xt), ofClass), tf.mul(0.001, one(noise))) as tf.Tensor4D
  },
})

const cosine = { schedule: { name: 'cosine', steps: T } } as const
const stageOf = (
  changes: { process?: ProcessConfig; labelDropout?: number; inputs?: number[] } = {},
): TrainedStage => ({
  stage: baseStage({
    name: 'base',
    resolution: 2,
    imageChannels: 1,
    classNames: ['left', 'right'],
    process: changes.process ?? cosine,
    labelDropout: changes.labelDropout ?? 0,
    network: network(changes.inputs),
  }),
  params: {},
})

async function sample(stage: TrainedStage, options: Partial<StageSamplerOptions> = {}, label = 1) {
  const sampler = stageSampler(stage, { sampler: ddim(), compile: eager, ...options })
  const { data } = await sampler.sample({ count: 2, labels: int32([label, label]), rng: rng(1) })
  await sampler.dispose()
  return data
}

describe('guidance', () => {
  const stage = stageOf({ labelDropout: 0.1 })
  const one = { steps: [10], processX0: keepX0 }

  test('goes from the images without a class through those of the class, and beyond', async () => {
    const [without, withClass] = [await sample(stage, one, -1), await sample(stage, one)]
    const guided = await sample(stage, { ...one, guidance: { name: 'classifier-free', scale: 3 } })
    const expected = withClass.map((x, i) => without[i]! + 3 * (x - without[i]!))
    expect(greatestDifference(without, withClass)).toBeGreaterThan(0.1)
    expect(greatestDifference(guided, expected)).toBeLessThan(1e-5)
    const outside = await sample(stage, { ...one, guidance: { name: 'classifier-free', scale: 3, interval: [11, 20] } })
    expect(greatestDifference(outside, withClass)).toBeLessThan(1e-6)
  })

  test('what is done to predicted images comes after', async () => {
    const guidance = { name: 'classifier-free', scale: 30 } as const
    const all = await sample(stage, { steps: [10], guidance, processX0: dynamicThreshold() })
    expect(Math.max(...all.map(Math.abs))).toBeCloseTo(1, 5)
    expect(Math.max(...(await sample(stage, { ...one, guidance })).map(Math.abs))).toBeGreaterThan(2)
  })

  test('needs a stage that was trained with labels dropped', () => {
    expect(() =>
      stageSampler(stageOf(), { sampler: ddim(), compile: eager, guidance: { name: 'classifier-free', scale: 2 } }),
    ).toThrow("stage 'base': expected a stage that was trained with labelDropout for guidance, got one without")
  })
})

test.each([5, [3, 2], { ddim: 5 }] as const)('spacing %j: the same steps, named by hand', async (spacing) => {
  const kept = [...respace(linearSchedule(T), spacing).timesteps].reverse()
  const inputs: number[] = []
  const spaced = await sample(stageOf({ inputs }), { spacing })
  expect(inputs).toEqual(kept)
  expect(greatestDifference(spaced, await sample(stageOf(), { steps: kept }))).toBeLessThan(1e-6)
})

describe('a schedule chosen after training', () => {
  const process = { schedule: { name: 'linear', steps: 2000 }, noiseInput: 'noise-level' } as const
  const chosen = { name: 'linear', steps: 4, betaStart: 0.1, betaEnd: 0.7 } as const

  test('the network is conditioned on its noise levels', async () => {
    const inputs: number[] = []
    await sample(stageOf({ process, inputs }), { schedule: chosen })
    const levels = [0.1, 0.3, 0.5, 0.7].map((_, t, betas) =>
      Math.sqrt(betas.slice(0, t + 1).reduce((product, beta) => product * (1 - beta), 1)),
    )
    expect(greatestDifference(inputs, levels.reverse())).toBeLessThan(1e-6)
    inputs.length = 0
    await sample(stageOf({ process, inputs }), { schedule: linearSchedule(40), spacing: 10 })
    expect(inputs).toHaveLength(10)
  })

  test('needs a network conditioned on them', () => {
    expect(() => stageSampler(stageOf(), { sampler: ddim(), compile: eager, schedule: chosen })).toThrow(
      'expected a network conditioned on the noise-level or the log-snr for another schedule than that of training, got timestep',
    )
  })
})

describe('a network that predicts ε does not begin in pure noise', () => {
  const process = { schedule: { name: 'linear', steps: 2000 }, noiseInput: 'noise-level' } as const
  const options = { sampler: ddim(), compile: eager }
  const message = (t: number) => `stage 'base': nothing of the data is left at timestep ${t} to predict from epsilon`

  test.each([
    [{ schedule: { name: 'linear', steps: 20 } }, 19],
    [{ schedule: { name: 'cosine', steps: 8, zeroTerminalSnr: true } }, 7],
    [{ schedule: linearSchedule(20), spacing: 5 }, 4],
    [{ schedule: linearSchedule(20), steps: [19, 10] }, 19],
    [{ schedule: continuousCosine(), steps: [1, 0.5] }, 1],
  ] as [Partial<StageSamplerOptions>, number][])('%j is refused when the sampler is made', (changes, t) => {
    expect(() => stageSampler(stageOf({ process }), { ...options, ...changes })).toThrow(message(t))
  })

  test('below it, or where x0 or v is predicted, it samples', async () => {
    const below = { schedule: linearSchedule(20), steps: [18, 10] }
    expect((await sample(stageOf({ process }), below)).every(Number.isFinite)).toBe(true)
    const v = stageOf({ process: { ...process, prediction: 'v' } })
    expect((await sample(v, { schedule: linearSchedule(20) })).every(Number.isFinite)).toBe(true)
  })
})

test('continuous time has steps, no spacing', async () => {
  const stage = stageOf({ process: { schedule: { name: 'continuous-cosine' } } })
  expect(() => stageSampler(stage, { sampler: ddim(), compile: eager, spacing: 4 })).toThrow(
    'expected steps, not a spacing',
  )
  await expect(sample(stage)).rejects.toThrow('expected steps, since a process in continuous time has no default')
  expect((await sample(stage, { steps: [0.9, 0.5, 0.1] })).every(Number.isFinite)).toBe(true)
})

test('restarts: finished images are noised and sampled again from there', async () => {
  const inputs: number[] = []
  const stage = stageOf({ inputs })
  const again = await sample(stage, { steps: [15, 10, 5], restarts: [{ at: -1, to: 10 }] })
  expect(inputs).toEqual([15, 10, 5, 10, 5])
  expect(greatestDifference(again, await sample(stage, { steps: [15, 10, 5] }))).toBeGreaterThan(1e-3)
})

const size = { baseChannels: 8, channelMultipliers: [1], residualBlocks: 1, normGroups: 4 }
const samplers = {
  ancestral: ancestral(),
  ddim: ddim({ eta: 1 }),
  dpmSolver: dpmSolver({ eta: 1 }),
  heun: heun(),
  unipc: unipc(),
}

test.each([
  [
    { schedule: { name: 'cosine', steps: 4000 }, variance: 'learned-range' },
    { spacing: 10, steps: stepsDown(8) },
  ],
  [
    { schedule: { name: 'linear', steps: 2000 }, noiseInput: 'noise-level' },
    { schedule: { name: 'cosine', steps: 10 }, steps: stepsDown(8) },
  ],
  [{ schedule: { name: 'continuous-cosine' }, prediction: 'v' }, { steps: [0.9, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05] }],
] as [ProcessConfig, Partial<StageSamplerOptions>][])(
  'trained and sampled, %j: images of the class asked for, with every sampler',
  async (process, options) => {
    const stage = baseStage({
      name: 'base',
      resolution: 4,
      imageChannels: 1,
      classNames: ['left', 'right'],
      process,
      network: size,
    })
    const { ema } = await trainStage({
      stage,
      dataset: halves(64, 4),
      steps: 250,
      batchSize: 16,
      learningRate: 0.01,
      averages: { ema: { decay: 0.95 } },
      seed: 1,
      compile: jit,
    })
    for (const [name, sampler] of Object.entries(samplers)) {
      const model = stageSampler({ stage, params: ema }, { sampler, compile: eager, ...options })
      const labels = Int32Array.from({ length: 16 }, (_, i) => i % 2)
      const { data } = await model.sample({ count: 16, labels: ndarray(labels, [16]), rng: rng(2) })
      await model.dispose()
      const rightSide = (image: number) =>
        data.subarray(16 * image, 16 * image + 16).reduce((sum, x, i) => sum + (i % 4 >= 2 ? x : -x), 0) > 0
      const hits = [...labels].filter((label, image) => rightSide(image) === (label === 1)).length
      expect(hits, name).toBeGreaterThanOrEqual(14)
    }
  },
)
