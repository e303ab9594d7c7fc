import '@tensorflow/tfjs-backend-cpu'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import type { DiffusionProcess, Variance } from '../process/process.ts'
import { loadReference, referenceNames, relativeError } from '../reference-fixture.ts'
import { pMeanVariance } from './p-mean-variance.ts'

describe.each([
  ['eager', eager],
  ['jit', jit],
] as const)('%s', (_, compile) => {
  test.each(referenceNames)('mean, variance and x0 are those of guided-diffusion, %s', async (name) => {
    const { process, network, images, numbers } = await loadReference(name)
    const fn = compile((xt: tf.Tensor4D, t: tf.Tensor1D) => {
      const p = pMeanVariance({ network, process }, xt, t, undefined)
      const [variance, logVariance] = [p.variance, p.logVariance].map((v) => tf.broadcastTo(v, xt.shape))
      return { mean: p.mean, x0: p.x0, variance: variance!, logVariance: logVariance! }
    })
    const p = await fn(images('x_t'), int32(numbers('t')))
    await fn.dispose()
    expect(relativeError(p.mean.data, images('p_mean').data)).toBeLessThan(1e-6)
    expect(relativeError(p.x0.data, images('p_pred_xstart').data)).toBeLessThan(1e-6)
    expect(relativeError(p.logVariance.data, images('p_log_variance').data)).toBeLessThan(1e-6)
    expect(relativeError(p.variance.data, images('p_variance').data)).toBeLessThan(1e-5)
  })
})

const schedule = linearSchedule(50)
const processOf = (variance: Variance): DiffusionProcess => ({
  schedule,
  prediction: 'x0',
  variance,
  noiseInput: 'timestep',
})
/** x0 = 0, and a constant for the variance. */
const constantVariance = (value: number) => (xt: tf.Tensor4D) =>
  tf.concat([tf.zerosLike(xt), tf.fill(xt.shape, value)], 3) as tf.Tensor4D
const xt = tf.ones<tf.Rank.R4>([2, 1, 1, 1])

test.each([
  ['learned', -3.25, -3.25],
  ['learned-range', -1, Math.log(schedule.posteriorVariance[20]!)],
  ['learned-range', 1, Math.log(schedule.betas[20]!)],
  ['learned-range', 0, Math.log(schedule.posteriorVariance[20]! * schedule.betas[20]!) / 2],
  ['learned-range', 2, 1.5 * Math.log(schedule.betas[20]!) - 0.5 * Math.log(schedule.posteriorVariance[20]!)],
] as const)('%s: an output of %f is a log variance of %f', (variance, value, expected) => {
  const p = pMeanVariance({ network: constantVariance(value), process: processOf(variance) }, xt, 20, undefined)
  for (const actual of p.logVariance.dataSync()) expect(actual).toBeCloseTo(expected, 5)
})

test('one step for all, as a number or a tensor, is the same step for each', () => {
  const of = (t: tf.Tensor1D | tf.Scalar | number) => {
    const { mean, logVariance } = pMeanVariance(
      { network: constantVariance(0.3), process: processOf('learned-range') },
      xt,
      t,
      undefined,
    )
    return [...mean.dataSync(), ...logVariance.dataSync()]
  }
  const each = of(tf.tensor1d([7, 7], 'int32'))
  expect(of(7)).toEqual(each)
  expect(of(tf.scalar(7, 'int32'))).toEqual(each)
  expect(of(tf.tensor1d([7], 'int32'))).toEqual(each)
})

test('a network that does not fit the variance, and steps outside the process, are errors', async () => {
  const fixed = { network: constantVariance(0), process: processOf('fixed-small') }
  expect(() => pMeanVariance(fixed, xt, 3, undefined)).toThrow(
    'network: expected an output [2,1,1,1] for x_t [2,1,1,1], as the variance is fixed-small, got [2,1,1,2]',
  )
  const learned = { network: constantVariance(0), process: processOf('learned') }
  for (const t of [-1, 50, 0.5, Number.NaN])
    expect(() => pMeanVariance(learned, xt, t, undefined)).toThrow(`t: expected a step from 0 to 49, got ${t}`)
  for (const compile of [eager, jit])
    for (const t of [-1, 50]) {
      const fn = compile((xt: tf.Tensor4D, t: tf.Tensor1D) => pMeanVariance(learned, xt, t, undefined).mean)
      await expect(fn(float32([1], [1, 1, 1, 1]), int32([t]))).rejects.toThrow(/not in|out of data bounds/)
      await fn.dispose()
    }
})

test('epsilon of a process that ends in pure noise is an error', () => {
  const process: DiffusionProcess = { ...processOf('fixed-small'), schedule: linearSchedule(20), prediction: 'epsilon' }
  const model = { network: tf.zerosLike, process }
  expect(() => pMeanVariance(model, xt, 19, undefined)).toThrow('nothing of the data is left at step 19')
  expect(() => pMeanVariance(model, xt, tf.tensor1d([3, 4], 'int32'), undefined)).toThrow('nothing of the data is left')
  expect(() => pMeanVariance(model, xt, 18, undefined)).not.toThrow()
})
