import '@tensorflow/tfjs-backend-cpu'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { loadReference, referenceNames, relativeError } from '../reference-fixture.ts'
import { qMeanVariance, qSample } from './q-sample.ts'

test.each(referenceNames)('x_t is that of guided-diffusion, %s', async (name) => {
  const { process, images, numbers } = await loadReference(name)
  const [x0, noise] = [images('x0'), images('noise')].map((a) => tf.tensor4d(a.data, [4, 4, 4, 3]))
  const xt = qSample(process.schedule, x0!, tf.tensor1d(numbers('t'), 'int32'), noise!)
  expect(relativeError(xt.dataSync(), images('x_t').data)).toBeLessThan(1e-6)
})

test('its mean and variance are those of many draws', async () => {
  const { process } = await loadReference('cosine100-hybrid-respaced10')
  const n = 20000
  const x0 = tf.fill<tf.Rank.R4>([n, 1, 1, 1], 0.75)
  const epsilon = tf.tensor4d(rng(1).normal([n, 1, 1, 1]).data, [n, 1, 1, 1])
  const draws = qSample(process.schedule, x0, 4, epsilon).dataSync<'float32'>()
  const q = qMeanVariance(process.schedule, tf.fill<tf.Rank.R4>([1, 1, 1, 1], 0.75), 4)
  const average = draws.reduce((sum, x) => sum + x) / n
  const variance = draws.reduce((sum, x) => sum + (x - average) ** 2, 0) / n
  expect(Math.abs(q.mean.dataSync()[0]! - average)).toBeLessThan(4 * Math.sqrt(variance / n))
  for (const given of [q.variance.dataSync()[0]!, Math.exp(q.logVariance.dataSync()[0]!)])
    expect(Math.abs(given / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
})
