import '@tensorflow/tfjs-backend-cpu'
import type { Params } from '@cascade-diffusion/arrays'
import { type Compile, disposeAll, float32, type NDArray } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { type AnyTrainState, readState } from './state.ts'
import { trainer } from './trainer.ts'

/** Σ x⁴/4 + slope·x */
const quartic = ({ x }: Params<tf.Tensor>, slope: tf.Tensor1D) =>
  tf.sum(tf.add(tf.div(tf.square(tf.square(x!)), 4), tf.mul(slope, x!))) as tf.Scalar

const engines: [string, Compile][] = [
  ['eager', eager],
  ['jit', jit],
]

test.each(engines)('four steps agree with torch.optim.Adam after clip_grad_norm_: %s', async (_, compile) => {
  const { init, step, dispose } = trainer(compile, quartic)
  let current: AnyTrainState = init({ x: float32([1, -2, 0.5]) })
  const trail: number[][] = []
  for (let t = 0; t < 4; t++) {
    const { state, taken, loss, gradNorm } = await step(current, float32([3, 0.1, 0]), { t, learningRate: 0.1 })
    expect(taken).toBe(true)
    trail.push([loss, gradNorm])
    current = state
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
    x: [0.5989195704460144, -1.6006311178207397, 0.13998621702194214],
    m: [0.17609168589115143, -0.2948431074619293, 0.0022533114533871412],
    v: [0.001034043962135911, 0.002959671663120389, 2.879136218325584e-7],
  }
  // Ours keeps the moments as sums: PyTorch's divided by 1 - beta.
  const units = { x: 1, m: 1 - 0.9, v: 1 - 0.999 }
  const { params, optimizer } = await readState(current)
  const state = { x: params.x!, m: optimizer.m!.x!, v: optimizer.v!.x! }
  for (const part of ['x', 'm', 'v'] as const)
    for (const [i, value] of torchState[part].entries())
      expect((units[part] * state[part].data[i]!) / value).toBeCloseTo(1, 4)
  disposeAll(current)
  await dispose()
})

/** One step from weights on. */
async function once(params: Params<NDArray>, learningRate: number, lossScale?: number) {
  const { init, step } = trainer(eager, quartic)
  const { state, ...rest } = await step(init(params), float32([0]), { t: 0, learningRate, lossScale })
  const values = await readState(state)
  disposeAll(state)
  return { state: values, ...rest }
}

test('the average follows the new weights with the warmed-up decay', async () => {
  const { state } = await once({ x: float32([2]) }, 0.5)
  // Adam's first step is the learning rate long: 2 → 1.5; the average is 0.1·2 + 0.9·1.5.
  expect(state.params.x!.data[0]).toBeCloseTo(1.5, 5)
  expect(state.averages.ema!.x!.data[0]).toBeCloseTo(1.55, 5)
})

test('parameters that the loss does not use stay as they are', async () => {
  const { state, gradNorm } = await once({ x: float32([1]), spare: float32([5]) }, 0.1)
  expect(state.params.spare!.data[0]).toBe(5)
  expect(gradNorm).toBe(1)
})

test('the scale of the loss is taken out again', async () => {
  const [plain, scaled] = [await once({ x: float32([1]) }, 0.1), await once({ x: float32([1]) }, 0.1, 1024)]
  expect(scaled).toEqual(plain)
})

test('a step that is not finite is not taken, and the state stays as it is', async () => {
  const { init, step } = trainer(eager, quartic)
  const start = init({ x: float32([1e20]) })
  const given = await step(start, float32([0]), { t: 0, learningRate: 0.1 })
  expect(given).toMatchObject({ taken: false, loss: Number.POSITIVE_INFINITY })
  expect(given.state).toBe(start)
  expect(start.params.x!.data[0]).toBe(Math.fround(1e20))
})

test('a reduce that gives something else is refused', async () => {
  for (const wrong of [undefined, null, { gradients: {} }]) {
    const { init, step, dispose } = trainer(eager, quartic, { reduce: () => wrong as never })
    await expect(step(init({ x: float32([1]) }), float32([0]), { t: 0, learningRate: 1 })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('trainer: expected reduce to give { gradients, loss, gradNorm }'),
    })
    await dispose()
  }
})

test('leaves no tensor behind', async () => {
  const run = () => once({ x: float32([1]) }, 0.1)
  await run()
  const before = tf.memory().numTensors
  await run()
  expect(tf.memory().numTensors).toBe(before)
})

test('from the second step on a compiled state stays in its memory', async () => {
  const size = 100_000
  const loss = ({ x }: Params<tf.Tensor>) => tf.sum(tf.square(x!)) as tf.Scalar
  const { init, step, dispose } = trainer<undefined>(jit, loss)
  const at = (t: number) => ({ t, learningRate: 0.1 })
  let { state } = await step(init({ x: float32(new Float32Array(size).fill(1)) }), undefined, at(0))
  const before = process.memoryUsage().arrayBuffers
  for (let t = 1; t < 5; t++) state = (await step(state, undefined, at(t))).state
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * size)
  expect((await readState(state)).params.x!.data[0]).toBeCloseTo(0.5, 2)
  disposeAll(state)
  await dispose()
})
