import { donate, float32, type NDArray } from '@cascade-diffusion/arrays'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit } from '../../jit.ts'
import { cpu } from '../../lower/target.ts'
import { onnxOf } from '../../testing/onnx-of.ts'
import { onnxRuntimeNode } from '../onnxruntime-node.ts'
import { inPlace } from './in-place.ts'

const places = (fn: (...args: never[]) => unknown, ...shapes: number[][]) =>
  inPlace(
    { ...onnxOf(cpu, fn, shapes), asWritten: true },
    shapes.map(() => true),
  )

test('a result that is computed number by number takes the place of its operand', () => {
  expect(places((x: tf.Tensor, y: tf.Tensor) => tf.add(tf.mul(x, 2), y), [2, 3], [2, 3])).toEqual([0])
  expect(places((x: tf.Tensor, y: tf.Tensor) => tf.sub(y, x), [3], [2, 3])).toEqual([1])
})

test('no two results take the same place, and none that was not given up', () => {
  const fn = (x: tf.Tensor, y: tf.Tensor) => [tf.add(x, y), tf.add(tf.mul(x, 2), tf.mul(y, 3))]
  // x is read by either, and neither depends on the other.
  expect(places(fn as never, [2], [2])).toEqual([undefined, undefined])
  const chained = (x: tf.Tensor, y: tf.Tensor) => {
    const first = tf.mul(y, 2)
    return [tf.add(x, first), first]
  }
  expect(places(chained as never, [2], [2])).toEqual([0, 1])
  const model = { ...onnxOf(cpu, chained as never, [[2], [2]]), asWritten: true }
  expect(inPlace(model, [false, true])).toEqual([1, undefined])
  expect(inPlace(model, [true, false])).toEqual([0, undefined])
})

test('an input that is read afterwards, in another order or in part keeps its place', () => {
  const square = [3, 3]
  const fn = (y: (x: tf.Tensor) => tf.Tensor) => places((x: tf.Tensor) => y(x), square)
  expect(fn((x) => tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D))).toEqual([undefined])
  // A row is added to all rows, the first of them before the others are read.
  expect(fn((x) => tf.add(x, tf.slice(x, [0, 0], [1, 3])))).toEqual([0])
  expect(fn((x) => tf.add(x, tf.transpose(x)))).toEqual([0])
  expect(places((x: tf.Tensor) => [tf.add(x, 1), tf.relu(x)], square)).toEqual([undefined, undefined])
  // A view of the input, with other numbers beside each other.
  const views = places((x: tf.Tensor) => tf.add(tf.reshape(x, [3, 1, 3]), tf.reshape(x, [1, 3, 3])), square)
  expect(views).toEqual([undefined])
})

test('a donated state stays in its memory, and its values are what they would be without', async () => {
  const fn = (state: { x: tf.Tensor2D; m: tf.Tensor2D }, y: tf.Tensor2D) => {
    const m = tf.add(tf.mul(state.m, 0.5), tf.mul(state.x, y))
    return { x: tf.sub(state.x, tf.mul(m, 0.1)), m }
  }
  // Large enough that other buffers of the process do not count.
  const size = 900
  const values = (seed: number) =>
    float32(
      Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i)),
      [30, 30],
    )
  const step = jit(fn as never, { engine: onnxRuntimeNode({ threads: 2, worker: false }) }) as ReturnType<
    typeof jit<Parameters<typeof fn>, ReturnType<typeof fn>>
  >
  const plain: NDArray[] = []
  let host: { x: NDArray; m: NDArray } = { x: values(1), m: values(2) }
  for (let i = 0; i < 4; i++) {
    host = await step(host, values(i))
    plain.push(host.x)
  }
  let state = await step.onDevice({ x: values(1), m: values(2) }, values(0))
  const batches = [1, 2, 3].map(values)
  const before = process.memoryUsage().arrayBuffers
  for (const batch of batches) state = await step.onDevice(donate(state), batch)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * size)
  expect(await state.x.read()).toEqual(plain[3])
  expect(await state.m.read()).toEqual(host.m)
  await step.dispose()
})

test('memory that somebody has read is not written to', async () => {
  const step = jit((x: tf.Tensor) => tf.add(x, 1), { engine: onnxRuntimeNode({ threads: 1 }) })
  const first = await step.onDevice(float32([1, 2]))
  const read = await first.read()
  const second = await step.onDevice(donate(first))
  expect([...read.data]).toEqual([2, 3])
  expect([...(await second.read()).data]).toEqual([3, 4])
  await step.dispose()
})

const products: Record<string, (x: tf.Tensor2D) => tf.Tensor> = {
  'a product and a sum, which become one operator': (x) =>
    tf.add(tf.matMul(x, tf.tensor2d([0, 1, 1, 0], [2, 2])), tf.tensor1d([10, 20])),
  'a product and a factor': (x) => tf.mul(tf.matMul(x, tf.tensor2d([0, 1, 1, 0], [2, 2])), 2),
  'a product with what is turned round': (x) => tf.div(tf.matMul(x, tf.tensor2d([0, 1, 2, 0], [2, 2]), false, true), 4),
}

test.each(Object.keys(products))('an argument is not overwritten before it is read: %s', async (name) => {
  const fn = products[name]!
  const x = float32([1, 2, 3, 4], [2, 2])
  const twice = tf.tidy(() => [...fn(fn(tf.tensor2d([1, 2, 3, 4], [2, 2])) as tf.Tensor2D).dataSync()])
  for (const worker of [true, false]) {
    const step = jit(fn, { engine: onnxRuntimeNode({ threads: 1, worker }) })
    const once = await step.onDevice(x)
    const result = await step.onDevice(donate(once))
    expect([...(await result.read()).data], `worker ${worker}`).toEqual(twice)
    await step.dispose()
  }
})

test('memory of arguments that results take comes back', async () => {
  const size = 2 ** 18
  const step = jit((x: tf.Tensor) => tf.add(x, 1), { engine: onnxRuntimeNode({ threads: 1 }) })
  const x = float32(new Float32Array(size), [size])
  const call = async () => (await step.onDevice(x)).dispose()
  for (let i = 0; i < 20; i++) await call()
  const before = process.memoryUsage().rss
  for (let i = 0; i < 200; i++) await call()
  // 200 calls that each kept a megabyte would come to 200 of them.
  expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(60)
  await step.dispose()
})
