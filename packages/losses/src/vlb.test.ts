import '@tensorflow/tfjs-backend-cpu'
import { type Compile, float32 } from '@cascade-diffusion/arrays'
import { type DiffusionProcess, keepX0, pMeanVariance, qSample } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { finiteDifferences, referenceTerms } from './reference-process.ts'
import {
  caseList,
  cases,
  channelsOf,
  fixture,
  fixtureCases,
  fixtureNames,
  images,
  networkOf,
  parameters,
  relativeError,
  relativeErrors,
  steps,
  ways,
} from './test-support.ts'
import { klLoss, klLossPerExample, vlbTerm } from './vlb.ts'

const { x0, noise } = fixture('linear40-simple')

async function evaluate(compile: Compile, process: DiffusionProcess, t: readonly number[], clip: boolean) {
  const network = networkOf(parameters, channelsOf(process))
  const options = clip ? {} : { processX0: keepX0 }
  const fn = compile((x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: tf.Tensor1D) => {
    const p = pMeanVariance({ network, process }, qSample(process.schedule, x0, t, epsilon), t, undefined, options)
    const { bits } = vlbTerm({ network, process }, { x0, epsilon, t, condition: undefined }, options)
    return { bits, mean: p.mean, predictedX0: p.x0, logVariance: tf.add(p.logVariance, tf.zerosLike(p.mean)) }
  })
  const result = await fn(images(x0), images(noise), steps(t))
  await fn.dispose()
  return result
}

describe.each(ways)('%s', (_, compile) => {
  test.each(caseList)('terms of the bound, mean and variance in float64, %s', async (_, { config, process, t }) => {
    for (const clip of [true, false]) {
      const actual = await evaluate(compile, process, t, clip)
      const expected = referenceTerms(config, { x0, noise, t, parameters, clip })
      for (const key of ['mean', 'predictedX0', 'logVariance'] as const)
        expect(relativeError(actual[key].data, expected[key])).toBeLessThan(1e-6)
      // 1 + 1e-7 is 1 in float32: that much is lost where variances nearly agree, and more where a level's probability is
      // the difference of numbers next to 1 (an x0-prediction at t = 0 that is far off).
      actual.bits.data.forEach((bits, i) => {
        const tails = process.prediction === 'x0' && t[i] === 0
        expect(Math.abs(bits - expected.vbBits[i]!)).toBeLessThan((tails ? 0.01 : 1e-5) * expected.vbBits[i]! + 1e-6)
      })
    }
  })

  test.each(fixtureNames)("terms of the bound are guided-diffusion's, %s", async (name) => {
    const { process } = cases[fixtureCases[name]]
    const original = fixture(name)
    const network = networkOf(parameters, channelsOf(process))
    const fn = compile((x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: tf.Tensor1D) => {
      const input = { x0, epsilon, t, condition: undefined }
      const model = { network, process }
      return {
        bits: vlbTerm(model, input, { processX0: keepX0 }).bits,
        kl: klLossPerExample(model, input, { vlbWeight: 1 }),
        rescaled: klLossPerExample(model, input),
        all: klLoss(model, { ...input, weights: tf.tensor1d([1, 0, 2, 0]) }),
      }
    })
    const { bits, kl, rescaled, all } = await fn(images(original.x0), images(original.noise), steps(original.t))
    await fn.dispose()
    const T = process.schedule.betas.length
    expect(relativeErrors(bits.data, original.vbBits)).toBeLessThan(1e-5)
    expect(relativeErrors(kl.data, original.vbBits)).toBeLessThan(1e-5)
    const times = original.vbBits.map((v) => T * v)
    expect(relativeErrors(rescaled.data, times)).toBeLessThan(1e-5)
    expect(all.data[0]! / ((times[0]! + 2 * times[2]!) / 4)).toBeCloseTo(1, 5)
  })

  test('one step for all, as a number or a tensor, is the same step for each', async () => {
    const { process } = cases['cosine, 10 of 100 steps, learned range']
    const network = networkOf(parameters, 6)
    for (const step of [0, 5]) {
      const fn = compile((x0: tf.Tensor4D, epsilon: tf.Tensor4D, each: tf.Tensor1D, one: tf.Scalar) => {
        const at = (t: tf.Tensor1D | tf.Scalar | number) =>
          vlbTerm({ network, process }, { x0, epsilon, t, condition: undefined }).bits
        return { each: at(each), one: at(one), number: at(step) }
      })
      const each = steps([step, step, step, step])
      const result = await fn(images(x0), images(noise), each, { dtype: 'int32', shape: [], data: Int32Array.of(step) })
      await fn.dispose()
      expect(relativeErrors(result.one.data, result.each.data)).toBeLessThan(1e-6)
      expect(relativeErrors(result.number.data, result.each.data)).toBeLessThan(1e-6)
    }
  })

  test.each(caseList)('gradients are those of finite differences in float64, %s', async (_, { config, process, t }) => {
    // An x0-prediction far off has gradients of 0 at t = 0, where likelihoods end at 1e-12: there t starts at 1.
    const from = t.map((step) => (process.prediction === 'x0' ? Math.max(step, 1) : step))
    const gradient = compile((p: tf.Tensor1D, x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: tf.Tensor1D) =>
      tf.grad((q) => {
        const model = { network: networkOf(q as tf.Tensor1D, channelsOf(process)), process }
        return klLoss(model, { x0, epsilon, t, condition: undefined }, { vlbWeight: 1 })
      })(p),
    )
    const actual = await gradient(float32([...parameters]), images(x0), images(noise), steps(from))
    await gradient.dispose()
    const expected = finiteDifferences(parameters, (p) => {
      const { vbBits } = referenceTerms(config, { x0, noise, t: from, parameters: p, clip: false })
      return vbBits.reduce((sum, bits) => sum + bits) / vbBits.length
    })
    expect(relativeError(actual.data, expected)).toBeLessThan(2e-4)
  })
})

test('a network without channels for the variance is an error', () => {
  const { process } = cases['cosine, 10 of 100 steps, learned range']
  const loss = eager((x0: tf.Tensor4D, t: tf.Tensor1D) =>
    klLoss({ network: (xt) => xt, process }, { x0, t, epsilon: x0, condition: undefined }),
  )
  return expect(loss(images(x0), steps([1, 2, 3, 4]))).rejects.toThrow(
    'network: expected an output [4,4,4,6] for x_t [4,4,4,3], as the variance is learned-range, got [4,4,4,3]',
  )
})

test('a number that is no step of the process is an error', () => {
  const { process } = cases['linear, 40 steps, fixed large']
  const at = (t: number) => () =>
    vlbTerm({ network: (xt) => xt, process }, { x0: zeros, t, epsilon: zeros, condition: undefined })
  const zeros = tf.zeros<tf.Rank.R4>([1, 2, 2, 3])
  expect(at(40)).toThrow('t: expected a step from 0 to 39, got 40')
  expect(at(Number.NaN)).toThrow('t: expected a step from 0 to 39, got NaN')
})
