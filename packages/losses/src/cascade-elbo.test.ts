import '@tensorflow/tfjs-backend-cpu'
import { type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { type DiffusionProcess, qSample } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { bitsPerDim } from './bits-per-dim.ts'
import { cascadeElbo } from './cascade-elbo.ts'
import { referenceAlphasCumprod, referenceTerms } from './reference-process.ts'
import { cases, networkOf, parameters, relativeErrors } from './test-support.ts'

const base = cases['cosine, 10 of 100 steps, learned range']
const large = cases['linear, 40 steps, fixed large']
const s = 3

/** Images [2,1,1,3] and [2,4,4,3] whose areas they are. */
const z0 = [0.5, -0.25, 0.75, -0.5, 0, 0.25]
const x0 = Array.from({ length: 96 }, (_, i) => z0[3 * Math.floor(i / 48) + (i % 3)]! + (i % 2 ? 0.125 : -0.125))

/** The network of the reference, which has to be given z_s. */
const conditioned = (xt: tf.Tensor4D, noise: tf.Tensor1D, { lowRes }: { lowRes: tf.Tensor4D }) =>
  networkOf(parameters, 3)(tf.add(xt, tf.mul(lowRes, 0)) as tf.Tensor4D, noise)

test('is the sum of equation 3, in float64', async () => {
  const process: DiffusionProcess = base.process
  const small = bitsPerDim({ network: networkOf(parameters, 6), process, compile: eager })
  const zs = qSample(process.schedule, tf.tensor4d(z0, [2, 1, 1, 3]), s, tf.zeros([2, 1, 1, 3]))
  const lowRes = ndarray(zs.dataSync<'float32'>(), [2, 1, 1, 3])
  const upper = bitsPerDim({ network: conditioned, process: large.process, compile: eager })
  const images = (values: readonly number[], side: number): NDArray<'float32'> =>
    ndarray(Float32Array.from(values), [2, side, side, 3])
  const stages = [
    await small.evaluate({ x0: images(z0, 1), condition: undefined, rng: rng(1), stop: s }),
    await upper.evaluate({ x0: images(x0, 4), condition: { lowRes }, rng: rng(2) }),
  ]
  const elbo = cascadeElbo(stages)

  const expected = [0, 0]
  for (const [{ config }, data, seed, from] of [
    [base, z0, 1, s + 1],
    [large, x0, 2, 0],
  ] as const) {
    const size = data.length / 2
    const shape = size === 3 ? [2, 1, 1, 3] : [2, 4, 4, 3]
    const bars = referenceAlphasCumprod(config)
    const last = bars.at(-1)!
    for (const n of [0, 1])
      for (const x of data.slice(n * size, (n + 1) * size))
        expected[n]! += (last * x * x - last - Math.log1p(-last)) / 2 / Math.LN2
    for (let t = from; t < bars.length; t++) {
      const noise = Array.from(rng(seed).fold('noise').fold(t).normal(shape).data)
      const { vbBits } = referenceTerms(config, { x0: data, noise, t: [t, t], parameters, clip: true })
      vbBits.forEach((bits, n) => {
        expected[n]! += bits * size
      })
    }
  }
  expect(relativeErrors(elbo.bits, expected)).toBeLessThan(1e-5)
  expect(
    relativeErrors(
      elbo.perDim,
      expected.map((bits) => bits / 48),
    ),
  ).toBeLessThan(1e-5)
})

test('stages of other images, or a last stage that is cut short, are errors', () => {
  const stage = { prior: new Float64Array(2), steps: [], vb: [], x0Mse: [], mse: [], dimensions: 3, stop: -1 }
  const of = (n: number, stop = -1) => ({ ...stage, total: new Float64Array(n), stop })
  expect(() => cascadeElbo([])).toThrow('cascadeElbo: expected at least one stage, got none')
  expect(() => cascadeElbo([of(3), of(2)])).toThrow('cascadeElbo: expected 2 images in stage 0, got 3')
  expect(() => cascadeElbo([of(2), of(2, 5)])).toThrow(
    'expected a last stage that goes to the data, got one that stops at 5',
  )
})
