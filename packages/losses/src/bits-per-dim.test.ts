import '@tensorflow/tfjs-backend-cpu'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import type { DiffusionProcess } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { type Rng, rng } from '@cascade-diffusion/random'
import { linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { bitsPerDim } from './bits-per-dim.ts'
import { referenceAlphasCumprod, referenceTerms } from './reference-process.ts'
import { cases, channelsOf, fixture, images, networkOf, parameters, relativeErrors, ways } from './test-support.ts'

const { x0 } = fixture('linear40-simple')
const run = { x0: images(x0), condition: undefined, rng: rng(5) }

describe.each(ways)('%s', (_, compile) => {
  test.each([
    ['learned range', cases['cosine, 10 of 100 steps, learned range']],
    ['fixed large', cases['linear, 40 steps, fixed large']],
  ] as const)('the bound of all steps, in float64, %s', async (_, { config, process }) => {
    const evaluator = bitsPerDim({ network: networkOf(parameters, channelsOf(process)), process, compile })
    const actual = await evaluator.evaluate(run)
    await evaluator.dispose()
    const T = process.schedule.betas.length
    const last = referenceAlphasCumprod(config).at(-1)!
    const total = [0, 0, 0, 0].map((_, n) => {
      const square = x0.slice(48 * n, 48 * n + 48).reduce((sum, x) => sum + x * x, 0) / 48
      return (last * square - last - Math.log1p(-last)) / 2 / Math.LN2
    })
    expect(relativeErrors(actual.prior, total)).toBeLessThan(1e-5)
    for (let t = 0; t < T; t++) {
      const noise = Array.from(rng(5).fold('noise').fold(t).normal([4, 4, 4, 3]).data)
      const expected = referenceTerms(config, { x0, noise, t: [t, t, t, t], parameters, clip: true })
      actual.vb[t]!.forEach((bits, n) => {
        expect(Math.abs(bits - expected.vbBits[n]!)).toBeLessThan(1e-5 * expected.vbBits[n]! + 1e-6)
        total[n]! += expected.vbBits[n]!
      })
      expect(relativeErrors(actual.x0Mse[t]!, expected.x0Mse)).toBeLessThan(1e-5)
      expect(relativeErrors(actual.mse[t]!, expected.epsilonMse)).toBeLessThan(1e-4)
    }
    expect(relativeErrors(actual.total, total)).toBeLessThan(1e-5)
    expect(actual).toMatchObject({ dimensions: 48, stop: -1, steps: Array.from({ length: T }, (_, t) => t) })
  })
})

const process: DiffusionProcess = {
  schedule: linearSchedule(20),
  prediction: 'x0',
  variance: 'fixed-small',
  noiseInput: 'timestep',
}
const evaluator = bitsPerDim({ network: tf.zerosLike, process, compile: eager })

test('cut short, it counts the terms after the stop', async () => {
  const whole = await evaluator.evaluate(run)
  const cut = await evaluator.evaluate({ ...run, stop: 12 })
  expect(cut.steps).toEqual([13, 14, 15, 16, 17, 18, 19])
  expect(cut.vb).toEqual(whole.vb.slice(13))
  const expected = whole.vb.slice(13).reduce((sum, bits) => sum.map((s, n) => s + bits[n]!), whole.prior)
  expect(relativeErrors(cut.total, expected)).toBeLessThan(1e-12)
  const none = await evaluator.evaluate({ ...run, stop: 19 })
  expect(none.total).toEqual(none.prior)
})

test('a set may be cut into batches anywhere', async () => {
  const whole = await evaluator.evaluate(run)
  const part = ndarray(run.x0.data.slice(96), [2, 4, 4, 3])
  expect((await evaluator.evaluate({ ...run, x0: part, firstIndex: 2 })).total).toEqual(whole.total.slice(2))
})

/**
 * Data N(0, s²), and the best prediction of it: E[x0 | x_t] = alpha s² / (alpha² s² + sigma²) x_t, whose squared error
 * is s² sigma² / (alpha² s² + sigma²) on average.
 */
test('the exact model of a Gaussian has the terms that theory gives', async () => {
  const s2 = 0.04
  const level = process.schedule.alphasCumprod.map((a) => (Math.sqrt(a) * s2) / (a * s2 + 1 - a))
  const network = (xt: tf.Tensor4D, noise: tf.Tensor1D) => tf.mul(xt, gathered(level, noise)) as tf.Tensor4D
  const data = rng(9).normal([64, 8, 8, 1])
  const x0: NDArray<'float32'> = ndarray(
    data.data.map((x) => Math.min(Math.max(x * Math.sqrt(s2), -1), 1)),
    data.shape,
  )
  const exact = bitsPerDim({ network, process, compile: eager })
  const { vb, x0Mse } = await exact.evaluate({ x0, condition: undefined, rng: rng(10) })
  const { alphasCumprod, posteriorMeanCoef1, posteriorVariance } = process.schedule
  for (let t = 1; t < 20; t++) {
    const a = alphasCumprod[t]!
    const error = (s2 * (1 - a)) / (a * s2 + 1 - a)
    const bits = (posteriorMeanCoef1[t]! ** 2 * error) / (2 * posteriorVariance[t]!) / Math.LN2
    // 4096 values: the average is good to 2.2 % (one standard deviation).
    const average = (of: readonly Float64Array[]) => of[t]!.reduce((sum, x) => sum + x) / 64
    expect(Math.abs(average(x0Mse) / error - 1)).toBeLessThan(0.09)
    expect(Math.abs(average(vb) - bits)).toBeLessThan(0.09 * bits + 1e-6)
  }
})

const gathered = (table: Float64Array, noise: tf.Tensor1D) =>
  tf.reshape(tf.gather(tf.tensor1d(Float32Array.from(table)), tf.cast(noise, 'int32')), [noise.size, 1, 1, 1])

test('bad images, and a stop outside the process, are errors before the first step', async () => {
  const never = { network: unexpected, process, compile: eager }
  const evaluate = (change: object) => bitsPerDim(never).evaluate({ ...run, ...change })
  const nan = images(x0.map((x, i) => (i === 7 ? Number.NaN : x)))
  await expect(evaluate({ x0: nan })).rejects.toThrow('bitsPerDim: expected images from -1 to 1, got NaN at 7')
  await expect(evaluate({ x0: images(x0.map((x) => x * 2)) })).rejects.toThrow(
    'bitsPerDim: expected images from -1 to 1',
  )
  await expect(evaluate({ x0: ndarray(new Float32Array(4), [4]) })).rejects.toThrow(
    'expected images [n,H,W,C], got [4]',
  )
  await expect(evaluate({ stop: 20 })).rejects.toThrow('expected a step to stop at from -1 to 19, got 20')
  await expect(evaluate({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toMatchObject({
    message: 'bitsPerDim: interrupted',
    code: 'interrupted',
    cause: new Error('enough'),
  })
})

function unexpected(): never {
  throw new Error('expected the network not to be called')
}

test('a network that does not fit the variance is an error before any noise is drawn but the first', async () => {
  let drawn = 0
  const counting = {
    fold: () => counting,
    normal: (shape: number[]) => rng(1).normal(shape, ++drawn),
  } as unknown as Rng
  const learned = bitsPerDim({ network: tf.zerosLike, process: { ...process, variance: 'learned' }, compile: eager })
  await expect(learned.evaluate({ ...run, rng: counting })).rejects.toThrow('network: expected an output [4,4,4,6]')
  expect(drawn).toBe(1)
})
