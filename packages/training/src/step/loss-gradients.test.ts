import '@tensorflow/tfjs-backend-cpu'
import type { Params } from '@cascade-diffusion/arrays'
import { float32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { lossGradients } from './loss-gradients.ts'

/** Σ x⁴/4 + slope·x */
const quartic = ({ x }: Params<tf.Tensor>, slope: tf.Tensor1D) =>
  tf.sum(tf.add(tf.div(tf.square(tf.square(x!)), 4), tf.mul(slope, x!))) as tf.Scalar

test('gradients are those of the loss times its scale, their norm that of the loss', async () => {
  const given = eager(lossGradients(quartic))
  const [params, slope] = [{ x: float32([1, -2]), spare: float32([5]) }, float32([3, 0])]
  const plain = await given(params, slope)
  expect([...plain.gradients.x!.data]).toEqual([4, -8])
  expect([...plain.gradients.spare!.data]).toEqual([0])
  expect([plain.loss.data[0], plain.gradNorm.data[0]]).toEqual([0.25 + 4 + 3, Math.fround(Math.sqrt(80))])
  const scaled = await given(params, slope, float32(16))
  expect([...scaled.gradients.x!.data]).toEqual([64, -128])
  expect({ ...scaled, gradients: undefined }).toEqual({ ...plain, gradients: undefined })
})

test('the loss of each example: a weighted mean is minimised, and each comes back without weights', async () => {
  /** (w - y)² of each example. */
  const each = ({ w }: Params<tf.Tensor>, y: tf.Tensor1D) => tf.square(tf.sub(w!, y)) as tf.Tensor1D
  const weighted = (params: Params<tf.Tensor>, y: tf.Tensor1D) => ({
    loss: tf.mean(tf.mul(each(params, y), tf.tensor1d([2, 1, 0]))) as tf.Scalar,
    each: each(params, y),
  })
  const alone = (params: Params<tf.Tensor>, y: tf.Tensor1D) => weighted(params, y).loss
  const [params, y] = [{ w: float32(1) }, float32([0, 4, 6])]
  const before = tf.memory().numTensors
  const given = await eager(lossGradients(weighted))(params, y)
  expect(tf.memory().numTensors).toBe(before)
  expect([...given.each!.data]).toEqual([1, 9, 25])
  expect([given.loss.data[0], given.gradients.w!.data[0], given.gradNorm.data[0]]).toEqual([
    expect.closeTo(11 / 3, 5),
    expect.closeTo((2 * 2 - 6) / 3, 5),
    expect.closeTo(2 / 3, 5),
  ])
  const { each: none, ...ofMean } = await eager(lossGradients(alone))(params, y)
  expect(none).toBeUndefined()
  expect(given).toMatchObject(ofMean)
})

test('a loss that is no scalar is refused', async () => {
  const wrong = (loss: unknown) => eager(lossGradients((() => loss) as never))({ w: float32(1) }, {})
  await expect(wrong(tf.zeros([3]))).rejects.toThrow(
    'loss: expected a scalar, or { loss, each } with a scalar and the loss of each example, got [3]',
  )
  await expect(wrong({ each: tf.zeros([3]) })).rejects.toThrow('got undefined')
  await expect(wrong(3)).rejects.toThrow('got 3')
})
