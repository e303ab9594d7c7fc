import '@tensorflow/tfjs-backend-cpu'
import { type NDArray, zeros } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import {
  continuousCosine,
  continuousLogLinear,
  cosineSchedule,
  linearSchedule,
  respace,
} from '@cascade-diffusion/schedules'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test, vi } from 'vitest'
import { keepX0 } from '../model/process-x0.ts'
import { type NoiseLevel, noiseLevel } from '../process/noise-level.ts'
import type { DiffusionProcess, Schedule } from '../process/process.ts'
import { givenNoise, referenceNetwork, relativeError } from '../reference-fixture.ts'
import { createSampler } from './driver.ts'
import { levels } from './level.ts'
import { planRun } from './plan.ts'
import type { SampleOptions } from './sample-options.ts'
import { ancestral } from './samplers/ancestral.ts'
import { ddim } from './samplers/ddim.ts'
import { dpmSolver } from './samplers/dpm-solver.ts'
import { heun } from './samplers/heun.ts'
import type { Sampler } from './samplers/sampler.ts'
import { unipc } from './samplers/unipc.ts'
import { type SpacedStepsOptions, spacedSteps, stepsDown } from './steps.ts'

const near = (alphaCumprod: number): NoiseLevel => ({
  alpha: Math.sqrt(alphaCumprod),
  sigma: Math.sqrt(1 - alphaCumprod),
})
const processOf = (schedule: Schedule): DiffusionProcess<Schedule> => ({
  schedule,
  prediction: 'x0',
  variance: 'fixed-small',
  noiseInput: 'log-snr',
})

describe('every sampler ends in x_stop of the exact distribution', () => {
  /** The data: two correlated values, as the channels of one pixel. Their covariance has these axes and variances. */
  const mean = [0.7, -1.4]
  const [cos, sin] = [0.8, 0.6]
  const variances = [1.3, 0.05]
  const covarianceOf = (u: number, v: number) => [
    cos ** 2 * u + sin ** 2 * v,
    cos * sin * (u - v),
    sin ** 2 * u + cos ** 2 * v,
  ]

  /** E[x0 | x_t] of that data: along each axis, μ + α v / (α² v + σ²) (x_t - α μ). */
  function exactNetwork(xt: tf.Tensor4D, logSnr: tf.Tensor1D): tf.Tensor4D {
    const axes = tf.tensor2d([cos, -sin, sin, cos], [2, 2])
    const signal = tf.reshape(tf.sigmoid(logSnr), [-1, 1])
    const alpha = tf.sqrt(signal)
    const noise = tf.reshape(tf.sigmoid(tf.neg(logSnr)), [-1, 1])
    const along = tf.matMul(tf.sub(tf.reshape(xt, [-1, 2]), tf.mul(alpha, mean)), axes)
    const gain = tf.div(tf.mul(alpha, variances), tf.add(tf.mul(signal, variances), noise))
    const x0 = tf.add(mean, tf.matMul(tf.mul(gain, along), axes, false, true))
    return tf.reshape(x0, [-1, 1, 1, 2])
  }

  /**
   * The mean and covariance of a run from exact x_t: it is affine in its normal numbers, so one example without noise
   * and one for each number set to 1 determine them. None is drawn.
   */
  async function moments(process: DiffusionProcess<Schedule>, sampler: Sampler, options: Route) {
    const plan = planRun(process, sampler, options)
    const sources = sampler.needsNoise ? plan.map(({ t }) => `noise.${t}`) : []
    const n = 3 + 2 * sources.length
    const key = givenNoise((path) => {
      const noise: NDArray<'float32'> = zeros([n, 1, 1, 2])
      for (const i of [0, 1]) noise.data[(3 + 2 * sources.indexOf(path) + i) * 2 + i] = 1
      return noise
    })
    const { alpha, sigma } = levels(process).at(plan[0]!.t)
    const initial: NDArray<'float32'> = zeros([n, 1, 1, 2])
    const [u, v] = variances.map((variance) => Math.sqrt(alpha ** 2 * variance + sigma ** 2)) as [number, number]
    const centre = [0, 0, cos * u, sin * u, -sin * v, cos * v]
    initial.data.forEach((_, i) => {
      initial.data[i] = alpha * mean[i % 2]! + (centre[i] ?? 0)
    })
    const model = createSampler({ network: exactNetwork, process, sampler, compile: eager, processX0: keepX0 })
    const { data } = await model.sample({ shape: [n, 1, 1, 2], rng: key, initial, ...options })
    const covariance = (i: number, j: number) => {
      let sum = 0
      for (let k = 1; k < n; k++) sum += (data[2 * k + i]! - data[i]!) * (data[2 * k + j]! - data[j]!)
      return sum
    }
    return [data[0]!, data[1]!, covariance(0, 0), covariance(0, 1), covariance(1, 1)]
  }

  type Route = Pick<SampleOptions<undefined>, 'steps' | 'stop'>
  const cosine = processOf(cosineSchedule(1000))
  const continuous = processOf(continuousCosine())
  const linear = processOf(linearSchedule(1000))
  const spaced = (process: DiffusionProcess<Schedule>, count: number, options: SpacedStepsOptions) =>
    spacedSteps(process, count, { by: 'log-snr', ...options })
  const routes: [string, DiffusionProcess<Schedule>, readonly number[] | undefined, number][] = [
    ['at a step of all', processOf(linearSchedule(200)), undefined, linearSchedule(200).alphasCumprod[60]!],
    ['between respaced steps', processOf(respace(linearSchedule(1000), 200)), undefined, 0.631],
    ['between fractional steps', cosine, spaced(cosine, 200, { from: 950.5, to: 1.25 }), 0.72],
    ['of another schedule', processOf(linearSchedule(250)), stepsDown(230), cosineSchedule(1000).alphasCumprod[250]!],
    ['nearer to the data than any step', linear, spaced(linear, 200, { from: 800, to: 100 }), 0.9],
    ['in continuous time', continuous, spaced(continuous, 250, { from: 0.97, to: 0.01 }), 0.8],
    [
      'after a few steps',
      cosine,
      spacedSteps(cosine, 20, { from: 950, to: 800 }),
      cosineSchedule(1000).alphasCumprod[823]!,
    ],
  ]
  const firstOrder: Sampler[] = [ancestral(), ddim(), ddim({ eta: 1 })]
  const samplers = [...firstOrder, dpmSolver(), dpmSolver({ eta: 1 }), heun(), unipc()]

  test.each(routes)('%s', async (_, process, steps, alphaCumprod) => {
    const stop = near(alphaCumprod)
    const noise = 1 - alphaCumprod
    const expected = [
      ...mean.map((m) => stop.alpha * m),
      ...covarianceOf(alphaCumprod * variances[0]! + noise, alphaCumprod * variances[1]! + noise),
    ]
    for (const sampler of samplers) {
      const error = greatestDifference(await moments(process, sampler, { steps, stop }), expected)
      expect(error, sampler.name).toBeLessThan(firstOrder.includes(sampler) ? 0.035 : 0.001)
    }
  })
})

describe('the route of a run that stops', () => {
  const process: DiffusionProcess = {
    schedule: linearSchedule(25),
    prediction: 'epsilon',
    variance: 'fixed-small',
    noiseInput: 'timestep',
  }
  const model = createSampler({ network: referenceNetwork, process, sampler: ancestral(), compile: eager })
  const run = { shape: [3, 2, 2, 3], rng: rng(7) } satisfies SampleOptions<undefined>
  const framesOf = async (options: Partial<SampleOptions<undefined>>) => {
    const ts: number[] = []
    for await (const { t } of model.stream({ ...run, ...options })) ts.push(t)
    return ts
  }
  const at = (t: number) => noiseLevel(process.schedule, t)

  test('the noise level of a step is that step', async () => {
    expect(await model.sample({ ...run, stop: at(6) })).toEqual(await model.sample({ ...run, stop: 6 }))
    expect(await framesOf({ stop: at(22) })).toEqual([23, 22])
    expect(await model.sample({ ...run, stop: { alpha: 1, sigma: 0 } })).toEqual(await model.sample(run))
  })

  test('steps at the stop and below it are left out', async () => {
    const steps = [20, 12, 6.5, 3, 0]
    expect(await framesOf({ steps, stop: at(6) })).toEqual([12, 6.5, 6])
    expect(await framesOf({ steps, stop: at(12) })).toEqual([12])
    expect(await framesOf({ steps, stop: 4 })).toEqual([12, 6.5, 4])
  })

  test('x_stop is not clipped, though every predicted x0 is', async () => {
    const bright = createSampler({ network: (xt) => tf.mul(xt, 0.1), process, sampler: ddim(), compile: eager })
    const { data } = await bright.sample({ ...run, shape: [50, 2, 2, 3], stop: at(12) })
    expect(Math.max(...data)).toBeGreaterThan(1.5)
    expect(Math.min(...data)).toBeLessThan(-1.5)
  })

  test('a level between the data and the first step has a place and a noise input in proportion to sigma / alpha', () => {
    for (const schedule of [
      linearSchedule(25),
      respace(linearSchedule(100), [0, 1, 2, 2]),
      continuousLogLinear({ min: -8, max: 8 }),
    ]) {
      const scale = levels({ ...process, schedule } as DiffusionProcess)
      const first = scale.at(0)
      const ratio = first.sigma / first.alpha / 4
      const level = { alpha: 1 / Math.hypot(1, ratio), sigma: ratio / Math.hypot(1, ratio) }
      const located = scale.locate(level)
      expect(located.t).toBeCloseTo(-0.75, 12)
      expect(located).toMatchObject(level)
      expect(scale.noiseInput(located)).toBeCloseTo(scale.noiseInput(first) / 4, 12)
    }
  })

  test('a level between steps keeps its numbers, and lies between them by its log-SNR', () => {
    const scale = levels(process)
    const between = scale.at(6.25)
    expect(scale.locate(between).t).toBeCloseTo(6.25, 10)
    expect(scale.locate({ alpha: between.alpha, sigma: between.sigma }).lambda).toBe(between.lambda)
    expect(scale.locate(at(24)).t).toBe(24)
  })

  test('Heun’s second evaluation is at the stop', async () => {
    const inputs: number[] = []
    const network = (xt: tf.Tensor4D, noise: tf.Tensor1D) => {
      inputs.push(noise.dataSync()[0]!)
      return referenceNetwork(xt, noise)
    }
    const twice = createSampler({ network, process, sampler: heun(), compile: eager })
    await twice.sample({ ...run, steps: [20, 10], stop: levels(process).at(4.5) })
    expect(inputs).toEqual([20, 10, 10, 4.5])
  })

  test('a restart below the stop comes first: the run is finished, and stops after it', async () => {
    const restarts = [{ at: -1, to: 8, times: 2 }]
    const steps = [10, 8, 5, 2]
    const way = [8, 5, 2, -1, 5, 2, -1, 5, 4]
    expect(await framesOf({ steps, stop: at(4), restarts })).toEqual(way)
    expect(await framesOf({ steps, stop: 4, restarts: [...restarts, { at: 5, to: 10 }] })).toEqual([8, 5, ...way])
    expect(await framesOf({ steps, stop: 4, restarts: [{ at: 4, to: 8 }] })).toEqual([8, 5, 4, 5, 4])
    const whole = await model.sample({ ...run, steps, restarts: [{ at: -1, to: 8 }] })
    const again = { ...run, steps: [8, 5], initial: whole, initialStep: -1, rng: run.rng.fold('restart').fold(2) }
    const expected = await model.sample({ ...again, stop: at(4) })
    expect(
      relativeError((await model.sample({ ...run, steps, stop: at(4), restarts })).data, expected.data),
    ).toBeLessThan(1e-5)
  })

  test.each<[string, Partial<SampleOptions<undefined>>, string]>([
    [
      'a stop that is noisier than the process',
      { stop: near(1e-9) },
      'expected a noise level within the process, alpha',
    ],
    ['half a noise level', { stop: { alpha: 0.5 } as never }, 'got alpha 0.5 and sigma undefined'],
    [
      'a noise level that adds up to more',
      { stop: { alpha: 0.9, sigma: 0.9 } },
      'with alpha² + sigma² = 1, got alpha 0.9',
    ],
    ['no step above the stop', { steps: [3, 1], stop: at(5) }, 'expected a step above the stop at 5 (alpha'],
    [
      'a restart to a step below the stop',
      { stop: 5, restarts: [{ at: -1, to: 4 }] },
      'expected restarts to a step above the stop at 5, got -1 to 4',
    ],
    ['a restart to the stop', { stop: 5, restarts: [{ at: -1, to: 5 }] }, 'a step above the stop at 5, got -1 to 5'],
    [
      'a restart from nowhere',
      { steps: [9, 3], stop: 5, restarts: [{ at: 1, to: 9 }] },
      'a step of the run up to another',
    ],
  ])('refuses %s before the first step', async (_, options, message) => {
    const network = vi.fn(referenceNetwork)
    const { sample } = createSampler({ network, process, sampler: ddim(), compile: eager })
    await expect(sample({ ...run, ...options })).rejects.toThrow(message)
    expect(network).not.toHaveBeenCalled()
  })
})
