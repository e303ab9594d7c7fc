import '@tensorflow/tfjs-backend-cpu'
import { float32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { initialState, type Params } from './params.ts'
import { hyperparameters, trainStep } from './train-step.ts'

/** Σ x⁴/4 + slope·x */
const quartic = ({ x }: Params, slope: tf.Tensor1D) =>
  tf.sum(tf.add(tf.div(tf.square(tf.square(x!)), 4), tf.mul(slope, x!))) as tf.Scalar

test('four steps agree with torch.optim.Adam after clip_grad_norm_', async () => {
  const step = eager(trainStep(quartic))
  let state = initialState({ x: float32([1, -2, 0.5]) }) as Awaited<ReturnType<typeof step>>['state']
  const trail: number[][] = []
  for (let t = 0; t < 4; t++) {
    const result = await step(state, hyperparameters(t, 0.1), float32([3, 0.1, 0]))
    trail.push([result.loss.data[0]!, result.gradNorm.data[0]!])
    state = result.state
  }
  // Printed by PyTorch 2.15, float32: learning rate 0.1, norm at most 1.
  const torchTrail = [
    [7.065625190734863, 8.85582447052002],
    [5.938449859619141, 7.719690322875977],
    [4.948837757110596, 6.722728252410889],
    [4.078204154968262, 5.861337661743164],
  ]
  for (const [i, value] of trail.flat().entries()) expect(value / torchTrail.flat()[i]!).toBeCloseTo(1, 5)
  const torchState = {
    params: [0.5989195704460144, -1.6006311178207397, 0.13998621702194214],
    m: [0.17609168589115143, -0.2948431074619293, 0.0022533114533871412],
    v: [0.001034043962135911, 0.002959671663120389, 2.879136218325584e-7],
  }
  // Ours keeps the moments as sums: PyTorch's divided by 1 - beta.
  const units = { params: 1, m: 1 - 0.9, v: 1 - 0.999 }
  for (const part of ['params', 'm', 'v'] as const)
    for (const [i, value] of torchState[part].entries())
      expect((units[part] * state[part].x!.data[i]!) / value).toBeCloseTo(1, 4)
})

test('the average follows the new weights with the warmed-up decay', async () => {
  const step = eager(trainStep(quartic))
  const { state } = await step(initialState({ x: float32([2]) }), hyperparameters(0, 0.5), float32([0]))
  // Adam's first step is the learning rate long: 2 → 1.5; the average is 0.1·2 + 0.9·1.5.
  expect(state.params.x!.data[0]).toBeCloseTo(1.5, 5)
  expect(state.ema.x!.data[0]).toBeCloseTo(1.55, 5)
})

test('parameters that the loss does not use stay as they are', async () => {
  const step = eager(trainStep(quartic))
  const { state, gradNorm } = await step(
    initialState({ x: float32([1]), spare: float32([5]) }),
    hyperparameters(0, 0.1),
    float32([0]),
  )
  expect(state.params.spare!.data[0]).toBe(5)
  expect(gradNorm.data[0]).toBe(1)
})

test('the loss of each example: its mean is minimised, and each comes back', async () => {
  /** (w - y)² of each example. */
  const each = ({ w }: Params, y: tf.Tensor1D) => tf.square(tf.sub(w!, y)) as tf.Tensor1D
  const mean = (params: Params, y: tf.Tensor1D) => tf.mean(each(params, y)) as tf.Scalar
  const [state, hyper, y] = [initialState({ w: float32(1) }), hyperparameters(0, 0.1), float32([0, 4, 6])]
  const before = tf.memory().numTensors
  const given = await eager(trainStep(each))(state, hyper, y)
  expect(tf.memory().numTensors).toBe(before)
  expect([...given.each!.data]).toEqual([1, 9, 25])
  expect([given.loss.data[0], given.gradNorm.data[0]]).toEqual([
    expect.closeTo(35 / 3, 5),
    expect.closeTo(Math.abs(2 - 6 - 10) / 3, 5),
  ])
  const { each: none, ...ofMean } = await eager(trainStep(mean))(state, hyper, y)
  expect(none).toBeUndefined()
  expect(given).toMatchObject(ofMean)
})

test('leaves no tensor behind', async () => {
  const step = eager(trainStep(quartic))
  const run = () => step(initialState({ x: float32([1]) }), hyperparameters(0, 0.1), float32([0]))
  await run()
  const before = tf.memory().numTensors
  await run()
  expect(tf.memory().numTensors).toBe(before)
})
