import '@cascade-diffusion/ops' // registers gradients
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type DeviceArray, disposeAll, donate, float32, type NDArray, zeros } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { jit } from '../../jit.ts'
import { onnxRuntimeNode } from '../onnxruntime-node.ts'

const [apart, here] = [true, false].map((worker) => onnxRuntimeNode({ threads: 1, cache: false, worker }))

const products = (x: tf.Tensor2D) => {
  let y = x
  for (let i = 0; i < 40; i++) y = tf.matMul(x, y)
  return y
}

test('timers go on while a function runs', async () => {
  const x = float32(new Float32Array(512 * 512).fill(1 / 512), [512, 512])
  const ticksOf = async (engine = apart) => {
    const compiled = jit(products, { engine })
    await compiled(x)
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const { data } = await compiled(x)
    clearInterval(timer)
    expect(data[7]).toBeCloseTo(1 / 512, 8)
    await compiled.dispose()
    return ticks
  }
  expect(await ticksOf()).toBeGreaterThan(5)
  // What it would be otherwise: the test can fail.
  expect(await ticksOf(here)).toBeLessThanOrEqual(2)
})

test('they go on while a function is compiled, but for its tracing', async () => {
  const long = (x: tf.Tensor) => {
    let y = x
    for (let i = 0; i < 2500; i++) y = i % 2 ? tf.add(y, x) : tf.sin(y)
    return y
  }
  const compiled = jit(long, { engine: apart })
  const made = compiled(float32([1]))
  // Tracing is over by the first turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 0))
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  await made
  clearInterval(timer)
  expect(ticks).toBeGreaterThan(5)
  await compiled.dispose()
})

interface State {
  readonly w: tf.Tensor2D
  readonly m: tf.Tensor2D
}

/** A step of gradient descent with momentum on a small network with a convolution, and all that it says. */
const step = ({ w, m }: State, x: tf.Tensor2D) => {
  const loss = (w: tf.Tensor2D) => {
    const image = tf.reshape(tf.matMul(x, w), [2, 8, 8, 3])
    const kernel = tf.reshape(tf.slice(w, [0, 0], [9, 9]), [3, 3, 3, 3]) as tf.Tensor4D
    return tf.mean(tf.square(tf.conv2d(image as tf.Tensor4D, kernel, 1, 'same'))) as tf.Scalar
  }
  const { value, grad } = tf.valueAndGrad(loss as never)(w) as never as { value: tf.Scalar; grad: tf.Tensor2D }
  const next = tf.add(tf.mul(m, 0.9), grad) as tf.Tensor2D
  return { loss: value, state: { w: tf.sub(w, tf.mul(next, 0.1)) as tf.Tensor2D, m: next } }
}

test('results are those of the same thread, to the last bit, however they are asked for', async () => {
  const key = rng(3)
  const x = key.fold('x').normal([2, 9])
  const start = () => ({ w: key.fold('w').normal([9, 192]), m: zeros([9, 192]) })
  const run = async (engine = apart) => {
    const compiled = jit(step, { engine })
    const results: NDArray[] = []
    let host = (await compiled(start(), x)).state
    results.push(host.w, host.m)
    const out = { loss: zeros([]), state: { w: zeros([9, 192]), m: zeros([9, 192]) } }
    await compiled.into(out, host, x)
    results.push(out.loss, out.state.w)
    host = out.state
    let state: { readonly w: DeviceArray | NDArray; readonly m: DeviceArray | NDArray } = host
    for (let i = 0; i < 5; i++) {
      const made = await compiled.onDevice(donate(state), x)
      results.push(await made.loss.read())
      if (i === 2) results.push(await made.state.w.read())
      made.loss.dispose()
      state = made.state
    }
    results.push(await (state.m as DeviceArray).read())
    disposeAll(state)
    await compiled.dispose()
    return results
  }
  const [there, expected] = [await run(apart), await run(here)]
  expect(there).toEqual(expected)
  expect(there.every(({ data }) => data.every(Number.isFinite))).toBe(true)
})

test('arguments stay as they are, parts of other buffers too, and what is read is a copy', async () => {
  const add = jit((x: tf.Tensor, flags: tf.Tensor) => tf.where(tf.cast(flags, 'bool'), tf.add(x, 1), x), {
    engine: apart,
  })
  const memory = Float32Array.of(9, 1, 2, 3, 9)
  const x = float32(memory.subarray(1, 4))
  const flags: NDArray = { dtype: 'bool', shape: [3], data: Buffer.from([1, 0, 1]) }
  expect(await add(x, flags)).toEqual(float32([2, 2, 4]))
  expect([...memory]).toEqual([9, 1, 2, 3, 9])
  expect([...flags.data]).toEqual([1, 0, 1])
  const y = await add.onDevice(x, flags)
  ;(await y.read()).data.fill(0)
  expect(await add(y, flags)).toEqual(float32([3, 2, 5]))
  y.dispose()
  await add.dispose()
})

test('arrays go from one thread to the other, and an array that was disposed of is refused', async () => {
  const [there, at] = [apart, here].map((engine) => jit((x: tf.Tensor) => tf.add(x, 1), { engine }))
  const a = await there!.onDevice(float32([1]))
  const b = await at!.onDevice(a)
  const c = await there!.onDevice(b)
  expect(await c.read()).toEqual(float32([4]))
  disposeAll([a, b, c])
  for (const call of [there!, at!]) await expect(call(a)).rejects.toThrow('got a float32[1] that was disposed of')
  await Promise.all([there!.dispose(), at!.dispose()])
})

test('calls that are under way when a function is disposed of are finished', async () => {
  const compiled = jit(products, { engine: apart })
  const x = float32(new Float32Array(128 * 128).fill(1 / 128), [128, 128])
  await compiled(x)
  const calls = [compiled(x), compiled(x)]
  await Promise.resolve()
  await compiled.dispose()
  for (const { data } of await Promise.all(calls)) expect(data[0]).toBeCloseTo(1 / 128, 7)
})

test('numbers below the normal ones count as 0 there, and nowhere else', async () => {
  const twice = jit((x: tf.Tensor) => tf.mul(x, 2), { engine: apart })
  const tiny = float32([1e-40, 1])
  expect(await twice(tiny)).toEqual(float32([0, 2]))
  // ONNX Runtime sets the thread that makes the first session to it, with all its arithmetic.
  expect(tiny.data[0]! * 2).toBeGreaterThan(0)
  expect(Number.MIN_VALUE * tiny.data[1]!).toBe(Number.MIN_VALUE)
  await twice.dispose()
})

test('arrays that are forgotten instead of disposed of are freed', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const [count, size] = [150, 2 ** 20]
  const next = jit((x: tf.Tensor) => tf.add(x, 1), { engine: apart })
  let x = await next.onDevice(zeros([size]))
  const before = process.memoryUsage().rss
  for (let i = 0; i < count; i++) {
    x = await next.onDevice(x)
    if (i % 10 > 0) continue
    gc()
    await turn()
  }
  expect(process.memoryUsage().rss - before).toBeLessThan((4 * size * count) / 2)
  expect((await x.read()).data[size - 1]).toBe(count + 1)
  await next.dispose()
})

test('errors are the same', async () => {
  const messages = async (engine = apart!) => {
    const type = (name: string) => ({ name, dtype: 'float32' as const, shape: [2] })
    const compile = (opType: string) => {
      const node = { opType, domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }
      return engine.compile({ nodes: [node], initializers: [], inputs: [type('x')], outputs: [type('y')] })
    }
    const messageOf = (failing: Promise<unknown>) => failing.catch((error: Error) => error.message)
    const unknown = await messageOf(compile('Nonsense'))
    const good = await compile('Neg')
    const short: NDArray = { dtype: 'float32', shape: [2], data: new Float32Array(1) }
    const results = [unknown, await messageOf(good.run([zeros([3])])), await messageOf(good.runOnDevice([short]))]
    await good.dispose()
    return results
  }
  const there = await messages(apart)
  expect(there).toEqual(await messages(here))
  expect(there[0]).toContain('Nonsense')
  expect(there.filter((message) => typeof message === 'string')).toHaveLength(3)
})
