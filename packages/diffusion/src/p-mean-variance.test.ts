import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { pMeanVariance } from './p-mean-variance.ts'
import type { Variance } from './process.ts'
import { loadReference, referenceNetwork, relativeError } from './reference-fixture.ts'

async function evaluate(name: 'linear40-simple' | 'cosine100-hybrid-respaced10', variance: Variance) {
  const { process, ...reference } = await loadReference(name)
  const xt = tf.tensor4d(reference.images('x_t').data, [4, 4, 4, 3])
  const t = tf.tensor1d(reference.numbers('t'), 'int32')
  const model = { network: referenceNetwork, process: { ...process, variance } }
  return { p: pMeanVariance(model, xt, t, undefined), reference, t: reference.numbers('t') }
}

test.each(['linear40-simple', 'cosine100-hybrid-respaced10'] as const)(
  'mean and x0 are those of guided-diffusion, %s',
  async (name) => {
    const { p, reference } = await evaluate(name, 'fixed-small')
    expect(relativeError(p.mean.dataSync(), reference.images('p_mean').data)).toBeLessThan(1e-6)
    expect(relativeError(p.x0.dataSync(), reference.images('p_pred_xstart').data)).toBeLessThan(1e-6)
  },
)

test('the large variance is that of guided-diffusion, also at t = 0', async () => {
  const { p, reference } = await evaluate('linear40-simple', 'fixed-large')
  const everywhere = tf.broadcastTo(p.logVariance, [4, 4, 4, 3])
  expect(relativeError(everywhere.dataSync(), reference.images('p_log_variance').data)).toBeLessThan(1e-6)
  expect(relativeError(tf.exp(everywhere).dataSync(), reference.images('p_variance').data)).toBeLessThan(1e-6)
})

test("the small variance is guided-diffusion's clipped posterior", async () => {
  const { p, reference, t } = await evaluate('linear40-simple', 'fixed-small')
  const table = reference.numbers('posterior_log_variance_clipped')
  expect(
    relativeError(
      p.logVariance.dataSync(),
      t.map((i) => table[i]!),
    ),
  ).toBeLessThan(1e-6)
})
