import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { hybridLoss, hybridLossPerExample } from './hybrid.ts'
import { finiteDifferences, referenceTerms } from './reference-process.ts'
import {
  cases,
  fixture,
  fixtureCases,
  images,
  networkOf,
  parameters,
  relativeErrors,
  steps,
  ways,
} from './test-support.ts'
import { minSnr } from './weightings.ts'

const learned = [
  cases['cosine, 10 of 100 steps, learned range'],
  cases['cosine, 25 of 4000 steps, learned range, rescaled'],
  cases['linear, sections [10, 8, 2] of 1000 steps, learned'],
].map((c) => [c.config.variance, c.config.steps, c] as const)

describe.each(ways)('%s', (_, compile) => {
  test.each(['cosine100-hybrid-respaced10', 'cosine4000-hybrid-respaced25'] as const)(
    "is guided-diffusion's, %s",
    async (name) => {
      const { process } = cases[fixtureCases[name]]
      const original = fixture(name)
      const model = { network: networkOf(parameters, 6), process }
      const fn = compile((x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: tf.Tensor1D, weights: tf.Tensor1D) => {
        const input = { x0, epsilon, t, condition: undefined, weights }
        return {
          ...hybridLossPerExample(model, input),
          plain: hybridLossPerExample(model, input, { vlbWeight: 1 }).vb,
          all: hybridLoss(model, input),
          weighted: hybridLossPerExample(model, input, { weighting: minSnr() }).vb,
        }
      })
      const weights = [1, 0.5, 2, 0.001]
      const inputs = [images(original.x0), images(original.noise), steps(original.t)] as const
      const { loss, mse, vb, plain, all, weighted } = await fn(...inputs, float32(weights))
      await fn.dispose()
      expect(relativeErrors(mse.data, original.mse)).toBeLessThan(1e-6)
      expect(relativeErrors(vb.data, original.vb)).toBeLessThan(1e-5)
      expect(relativeErrors(loss.data, original.loss)).toBeLessThan(1e-5)
      expect(relativeErrors(plain.data, original.vbBits)).toBeLessThan(1e-5)
      expect(relativeErrors(weighted.data, original.vb)).toBeLessThan(1e-5)
      const expected = original.loss.reduce((sum, l, i) => sum + l * weights[i]!, 0) / 4
      expect(all.data[0]! / expected).toBeCloseTo(1, 5)
    },
  )

  test.each(learned)('the bound trains the variance only, %s of %i steps', async (_, __, { config, process, t }) => {
    const { x0, noise } = fixture('linear40-simple')
    const gradient = compile((p: tf.Tensor1D, x0: tf.Tensor4D, epsilon: tf.Tensor4D, t: tf.Tensor1D) =>
      tf.grad((q) => {
        const model = { network: networkOf(q as tf.Tensor1D, 6), process }
        return hybridLoss(model, { x0, epsilon, t, condition: undefined })
      })(p),
    )
    const at = [...t.slice(0, 3), t[2]]
    const actual = await gradient(float32([...parameters]), images(x0), images(noise), steps(at))
    await gradient.dispose()
    const expected = finiteDifferences(parameters, (p) => {
      const input = { x0, noise, t: at, parameters: p, clip: false, meanParameters: parameters }
      const { mse, vbBits } = referenceTerms(config, input)
      const λ = process.schedule.betas.length / 1000
      return mse.reduce((sum, value, i) => sum + value + λ * vbBits[i]!, 0) / mse.length
    })
    expect(relativeErrors(actual.data, expected)).toBeLessThan(1e-4)
  })
})

test('a process whose variance is fixed is an error', () => {
  const { process } = cases['linear, 40 steps, fixed large']
  const zeros = tf.zeros<tf.Rank.R4>([1, 2, 2, 3])
  const input = { x0: zeros, t: 1, epsilon: zeros, condition: undefined }
  expect(() => hybridLoss({ network: (xt) => xt, process }, input)).toThrow(
    'hybridLoss: expected a process whose variance is learned or learned-range, got fixed-large',
  )
})
