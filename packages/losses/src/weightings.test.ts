import '@tensorflow/tfjs-backend-cpu'
import type { Prediction } from '@cascade-diffusion/diffusion'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { relativeErrors } from './test-support.ts'
import { edm, minSnr, p2, type Weighting } from './weightings.ts'

const snrs = [1e-4, 0.03, 1, 4.9, 5.1, 800]
const valuesOf = (weighting: Weighting, prediction: Prediction) =>
  weighting(tf.tensor1d(snrs), prediction).dataSync<'float32'>()

test.each([
  ['minSnr', minSnr(), 'x0', (snr: number) => Math.min(snr, 5)],
  ['minSnr, gamma 1', minSnr({ gamma: 1 }), 'epsilon', (snr: number) => Math.min(snr, 1) / snr],
  ['p2', p2(), 'epsilon', (snr: number) => 1 / (1 + snr)],
  ['p2, gamma 0.5, k 2', p2({ gamma: 0.5, k: 2 }), 'epsilon', (snr: number) => (2 + snr) ** -0.5],
  ['edm', edm(), 'x0', (snr: number) => (1 / snr + 0.25) / (0.25 / snr)],
  ['edm, sigmaData 1.5', edm({ sigmaData: 1.5 }), 'x0', (snr: number) => (1 / snr + 2.25) / (2.25 / snr)],
] as const)('%s is as its paper has it', (_, weighting, prediction, expected) => {
  expect(relativeErrors(valuesOf(weighting, prediction), snrs.map(expected))).toBeLessThan(1e-5)
})

test.each([
  ['minSnr', minSnr()],
  ['p2', p2({ gamma: 0.7, k: 1.3 })],
  ['edm', edm()],
])('%s: the same error counts the same, whatever is predicted', (_, weighting) => {
  // At x_t = alpha x0 + sigma ε, an error d of x0 is one of alpha / sigma d of ε, and of d / sigma of v.
  const ofX0 = valuesOf(weighting, 'x0')
  const ofEpsilon = valuesOf(weighting, 'epsilon').map((w, i) => w * snrs[i]!)
  const ofV = valuesOf(weighting, 'v').map((w, i) => w * (snrs[i]! + 1))
  expect(relativeErrors(ofEpsilon, ofX0)).toBeLessThan(1e-5)
  expect(relativeErrors(ofV, ofX0)).toBeLessThan(1e-5)
})

test('where nothing of the data is left, weights stay finite for v and x0', () => {
  const zero = tf.tensor1d([0])
  for (const weighting of [minSnr(), p2(), edm()])
    for (const prediction of ['v', 'x0'] as const) expect(weighting(zero, prediction).dataSync()[0]).toBeLessThan(10)
  expect(minSnr()(zero, 'epsilon').dataSync()[0]).toBe(1)
})

test.each([
  ['minSnr', minSnr(), { epsilon: [1, 0], x0: [0, 5], v: [0, 0] }],
  ['p2', p2(), { epsilon: [1, 0], x0: [0, 1], v: [0, 0] }],
  ['p2, gamma 0', p2({ gamma: 0 }), { epsilon: [1, 1], x0: [0, Infinity], v: [0, 1] }],
  ['p2, gamma 0.5', p2({ gamma: 0.5, k: 4 }), { epsilon: [0.5, 0], x0: [0, Infinity], v: [0, 0] }],
  ['p2, gamma 2', p2({ gamma: 2 }), { epsilon: [1, 0], x0: [0, 0], v: [0, 0] }],
  ['edm', edm(), { epsilon: [Infinity, 1], x0: [4, Infinity], v: [4, 1] }],
] as const)('%s: its limits where nothing is left of the data, and of the noise', (_, weighting, limits) => {
  for (const [prediction, expected] of Object.entries(limits)) {
    const actual = weighting(tf.tensor1d([0, Infinity]), prediction as Prediction).dataSync()
    expect([...actual], prediction).toEqual(expected)
  }
})

test('options that there are none of', () => {
  expect(() => edm({ sigmadata: 1 } as never)).toThrow("edm: unknown option 'sigmadata'. Did you mean 'sigmaData'?")
  expect(() => p2({ gama: 1 } as never)).toThrow("p2: unknown option 'gama'. Did you mean 'gamma'?")
  expect(() => minSnr(5 as never)).toThrow('minSnr: expected an object of options, got 5')
})

test('constants that are not above 0 are an error', () => {
  expect(() => minSnr({ gamma: 0 })).toThrow('minSnr: gamma: expected a number above 0, got 0')
  expect(() => p2({ k: Number.NaN })).toThrow('p2: k: expected a number above 0, got NaN')
  expect(() => p2({ gamma: -1 })).toThrow('p2: expected a gamma of at least 0, got -1')
  expect(() => edm({ sigmaData: -0.5 })).toThrow('edm: sigmaData: expected a number above 0, got -0.5')
})
