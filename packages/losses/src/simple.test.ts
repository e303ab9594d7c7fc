import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { type DiffusionProcess, type NoiseLevelTensors, noiseLevelArrays } from '@cascade-diffusion/diffusion'
import { type ContinuousSchedule, continuousCosine, linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { finiteDifferences, referenceTerms } from './reference-process.ts'
import { type SimpleLossOptions, simpleLoss, simpleLossPerExample } from './simple.ts'
import {
  caseList,
  cases,
  channelsOf,
  fixture,
  images,
  networkOf,
  parameters,
  relativeErrors,
  steps,
  ways,
} from './test-support.ts'

const { x0, noise, t, mse } = fixture('linear40-simple')
const p = float32([...parameters])

describe.each(ways)('%s', (_, compile) => {
  test.each(caseList)('losses of each example and their weighted average, %s', async (_, { config, process, t }) => {
    const fn = compile(
      (p: tf.Tensor1D, x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: tf.Tensor1D, weights: tf.Tensor1D) => {
        const model = { network: networkOf(p, channelsOf(process)), process }
        const input = { x0, epsilon, t, condition: undefined, weights }
        const { weights: _, ...unweighted } = input
        return {
          each: simpleLossPerExample(model, input),
          l1: simpleLossPerExample(model, input, { norm: 'l1' }),
          weighted: simpleLoss(model, input),
          all: simpleLoss(model, unweighted),
        }
      },
    )
    const weights = [0.5, 3, 0, 1]
    const { each, l1, weighted, all } = await fn(p, images(x0), images(noise), steps(t), float32(weights))
    await fn.dispose()
    const expected = referenceTerms(config, { x0, noise, t, parameters, clip: false })
    expect(relativeErrors(each.data, expected.mse)).toBeLessThan(1e-6)
    expect(relativeErrors(l1.data, expected.l1)).toBeLessThan(1e-6)
    const average = (w: readonly number[]) => expected.mse.reduce((sum, loss, i) => sum + loss * w[i]!, 0) / 4
    expect(weighted.data[0]! / average(weights)).toBeCloseTo(1, 6)
    expect(all.data[0]! / average([1, 1, 1, 1])).toBeCloseTo(1, 6)
  })

  test("is guided-diffusion's mean squared error", async () => {
    const { process } = cases['linear, 40 steps, fixed large']
    const fn = compile((p: tf.Tensor1D, x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: tf.Tensor1D) =>
      simpleLossPerExample({ network: networkOf(p, 3), process }, { x0, epsilon, t, condition: undefined }),
    )
    const actual = await fn(p, images(x0), images(noise), steps(t))
    await fn.dispose()
    expect(relativeErrors(actual.data, mse)).toBeLessThan(1e-6)
  })

  test.each(caseList)('gradients are those of finite differences in float64, %s', async (_, { config, process, t }) => {
    for (const norm of ['l1', 'l2'] as const) {
      const gradient = compile((p: tf.Tensor1D, x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: tf.Tensor1D) =>
        tf.grad((q) => {
          const model = { network: networkOf(q as tf.Tensor1D, channelsOf(process)), process }
          return simpleLoss(model, { x0, epsilon, t, condition: undefined }, { norm })
        })(p),
      )
      const actual = await gradient(p, images(x0), images(noise), steps(t))
      await gradient.dispose()
      const expected = finiteDifferences(parameters, (q) => {
        const terms = referenceTerms(config, { x0, noise, t, parameters: q, clip: false })
        return terms[norm === 'l1' ? 'l1' : 'mse'].reduce((sum, loss) => sum + loss) / 4
      })
      expect(relativeErrors(actual.data.slice(0, 1), expected.slice(0, 1))).toBeLessThan(1e-4)
      expect(relativeErrors(actual.data.slice(2), expected.slice(2))).toBeLessThan(1e-4)
      expect(actual.data[1]).toBe(0)
    }
  })

  test('continuous time: noise levels of times, conditioned on log-SNR, v predicted', async () => {
    const process: DiffusionProcess<ContinuousSchedule> = {
      schedule: continuousCosine({ offset: 0 }),
      prediction: 'v',
      variance: 'fixed-small',
      noiseInput: 'log-snr',
    }
    const times = [0.01, 0.3, 0.75, 0.99]
    const fn = compile((p: tf.Tensor1D, x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: NoiseLevelTensors) =>
      simpleLossPerExample({ network: networkOf(p, 3), process }, { x0, epsilon, t, condition: undefined }),
    )
    const actual = await fn(p, images(x0), images(noise), noiseLevelArrays(process, times))
    await fn.dispose()
    const expected = times.map((time, n) => {
      const [alpha, sigma] = [Math.cos((time * Math.PI) / 2), Math.sin((time * Math.PI) / 2)]
      const errors = x0.slice(n * 48, n * 48 + 48).map((data, i) => {
        const e = noise[n * 48 + i]!
        const logSnr = 2 * Math.log(alpha / sigma)
        return alpha * e - sigma * data - Math.tanh(0.3 * (alpha * data + sigma * e) + 0.0004 * logSnr)
      })
      return errors.reduce((sum, error) => sum + error ** 2, 0) / 48
    })
    expect(relativeErrors(actual.data, expected)).toBeLessThan(1e-5)
  })
})

const zeros = tf.zeros<tf.Rank.R4>([2, 4, 4, 3])

test('a network with other channels than the images is an error', () => {
  const network = (xt: tf.Tensor4D) => tf.concat([xt, xt], 3)
  const { process } = cases['linear, 40 steps, fixed large']
  const input = { x0: zeros, t: tf.tensor1d([1, 2], 'int32'), epsilon: zeros, condition: undefined }
  expect(() => simpleLoss({ network, process }, input)).toThrow(
    'network: expected an output [2,4,4,3] for x_t [2,4,4,3], as the variance is fixed-large, got [2,4,4,6]',
  )
})

test('steps of a process in continuous time are an error', () => {
  const process = {
    schedule: continuousCosine(),
    prediction: 'v',
    variance: 'fixed-small',
    noiseInput: 'timestep',
  } as const
  const input = { x0: zeros, t: 0, epsilon: zeros, condition: undefined }
  expect(() => simpleLoss({ network: (xt) => xt, process }, input)).toThrow('simpleLoss: expected noise levels')
})

test('the weighting gets the signal-to-noise ratio and the prediction', () => {
  const process = {
    schedule: linearSchedule(40),
    prediction: 'x0',
    variance: 'fixed-small',
    noiseInput: 'timestep',
  } as const
  const bars = process.schedule.alphasCumprod
  const weighting: SimpleLossOptions['weighting'] = (snr, prediction) => (prediction === 'x0' ? snr : tf.zerosLike(snr))
  const ones = tf.ones<tf.Rank.R4>([2, 4, 4, 3])
  const at = (t: tf.Tensor1D | number) => {
    const input = { x0: ones, t, epsilon: ones, condition: undefined }
    return simpleLossPerExample({ network: tf.zerosLike, process }, input, { weighting }).dataSync()
  }
  const snr = (t: number) => bars[t]! / (1 - bars[t]!)
  expect(relativeErrors(at(tf.tensor1d([3, 30], 'int32')), [snr(3), snr(30)])).toBeLessThan(1e-5)
  expect(relativeErrors(at(5), [snr(5), snr(5)])).toBeLessThan(1e-5)
})

test('wrong options are errors', () => {
  const process: DiffusionProcess = {
    schedule: linearSchedule(40),
    prediction: 'x0',
    variance: 'fixed-small',
    noiseInput: 'timestep',
  }
  const input = { x0: zeros, t: 3, epsilon: zeros, condition: undefined }
  const loss = (options: object) => () => simpleLoss({ network: tf.zerosLike, process }, input, options as never)
  // Anything but l2 was l1.
  expect(loss({ norm: 'L2' })).toThrow("simpleLoss: expected a norm, one of 'l1', 'l2'; got 'L2'. Did you mean 'l2'?")
  expect(loss({ weigthing: tf.onesLike })).toThrow("simpleLoss: unknown option 'weigthing'. Did you mean 'weighting'?")
  expect(loss({ weighting: 'edm' })).toThrow(
    "simpleLoss: expected weighting, a function (minSnr(), p2(), edm()), got 'edm'",
  )
})
