import { type DeviceArray, disposeAll, donate, float32, zeros } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit } from '../../jit.ts'
import { onnxRuntimeNode } from '../onnxruntime-node.ts'

const compiled = () =>
  jit((x: tf.Tensor) => ({ y: tf.add(x, 1), sum: tf.sum(x) }), { engine: onnxRuntimeNode({ threads: 1 }) })

test('results stay where they are computed and go from call to call', async () => {
  const step = compiled()
  const first = await step.onDevice(float32([1, 2]))
  expect(first.y).toMatchObject({ dtype: 'float32', shape: [2] })
  const second = await step.onDevice(first.y)
  expect(await second.y.read()).toEqual(float32([3, 4]))
  expect(await second.sum.read()).toEqual(float32(5))
  expect(await step(second.y)).toEqual({ y: float32([4, 5]), sum: float32(7) })
  const out = { y: zeros([2]), sum: zeros([]) }
  await step.into(out, second.y)
  expect(out.y).toEqual(float32([4, 5]))
  disposeAll([first, second])
  await step.dispose()
})

test('memory that was given back serves again, unless somebody has read it', async () => {
  const step = compiled()
  const memoryOf = async (array: DeviceArray) => (await array.read()).data
  const first = await step.onDevice(float32([1, 2]))
  const read = await memoryOf(first.y)
  first.y.dispose()
  const second = await step.onDevice(float32([10, 20]))
  expect([...read]).toEqual([2, 3])
  expect(await memoryOf(second.y)).not.toBe(read)
  await step.dispose()
})

test('two states take turns in the same two pieces of memory', async () => {
  const size = 250_000
  // In this thread, whose memory can be measured.
  const engine = onnxRuntimeNode({ threads: 1, worker: false })
  const step = jit((x: tf.Tensor) => tf.add(x, 1), { engine })
  let state = await step.onDevice(zeros([size]))
  state = await step.onDevice(donate(state))
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 30; i++) state = await step.onDevice(donate(state))
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 4 * size)
  expect((await state.read()).data[size - 1]).toBe(32)
  await step.dispose()
})

test('an array that was disposed of or donated is refused', async () => {
  const step = compiled()
  const { y } = await step.onDevice(float32([1, 2]))
  await step.onDevice(donate(y))
  await expect(y.read()).rejects.toThrow('jit: expected an array in use, got a float32[2] that was disposed of')
  await expect(step(y)).rejects.toThrow('disposed of')
  y.dispose()
  await step.dispose()
})

test('arrays of another engine come by way of the host', async () => {
  const step = compiled()
  const foreign: DeviceArray = { dtype: 'float32', shape: [2], read: async () => float32([5, 6]), dispose: () => {} }
  expect((await step(foreign)).y).toEqual(float32([6, 7]))
  await step.dispose()
})
