import '@tensorflow/tfjs-backend-cpu'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { closeOver } from './close-over.ts'
import { unet } from './unet.ts'

const net = unet({
  resolution: 4,
  imageChannels: 1,
  baseChannels: 8,
  channelMultipliers: [1],
  residualBlocks: 1,
  normGroups: 4,
  numClasses: 2,
})
const params = Object.fromEntries(
  Object.entries(net.parameterShapes).map(([name, shape]) => [name, rng(2).fold(name).normal(shape)]),
)
const xt = rng(1).normal([2, 4, 4, 1])
const noise = float32([5, 900])
const label = int32([0, 1])

test.each([
  ['eager', eager],
  ['jit', jit],
] as const)(
  '%s: a network closed over its weights gives what it gives with them as an argument',
  async (_, compile) => {
    const closed = compile(closeOver(net, params))
    const open = compile(net.apply)
    const expected = await open(params, xt, noise, { label })
    const { data } = await closed(xt, noise, { label })
    expect(expected.data.some((v) => v !== 0)).toBe(true)
    // Compiled, constants may be computed ahead.
    for (const [i, v] of expected.data.entries()) expect(data[i]).toBeCloseTo(v, 4)
    await closed.dispose()
    await open.dispose()
  },
)

test('nothing is left behind in tfjs', async () => {
  const run = eager(closeOver(net, params))
  const before = tf.memory().numTensors
  await run(xt, noise, { label })
  expect(tf.memory().numTensors).toBe(before)
})

test('any function of weights will do', async () => {
  const own = {
    apply: (p: Readonly<Record<string, tf.Tensor>>, x: tf.Tensor, by: tf.Tensor) => tf.mul(tf.mul(p.a!, x), by),
  }
  const run = eager(closeOver(own, { a: float32([2, 3]) }))
  expect([...(await run(float32([1, 2]), float32(10))).data]).toEqual([20, 60])
})

test('what are no weights of the network is refused at once', () => {
  const { 'input.bias': _, ...rest } = params
  expect(() => closeOver(net, rest)).toThrow("closeOver: expected the weight 'input.bias' of shape [8], got none")
  expect(() => closeOver(net, { ...params, 'input.bias': float32([1]) })).toThrow('of shape [8], got [1]')
  expect(() => closeOver(net, { ...rest, 'input.bias': tf.zeros([8]) } as never)).toThrow(
    "closeOver: expected host arrays as weights, got a Tensor at 'input.bias'",
  )
  expect(() => closeOver(net, undefined as never)).toThrow('closeOver: expected weights by name, got undefined')
  expect(() => closeOver(undefined as never, params)).toThrow('closeOver: expected network.apply, a function')
})
