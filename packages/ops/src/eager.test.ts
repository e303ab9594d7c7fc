import '@tensorflow/tfjs-backend-cpu'
import './gradients.ts'
import { type DeviceArray, disposeAll, donate, float32, int32, ndarray, zeros } from '@cascade-diffusion/arrays'
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { eager } from './eager.ts'

/** Checks that `f` leaves as many tensors as it found. */
async function withoutLeak(f: () => Promise<unknown>) {
  const before = tf.memory().numTensors
  await f()
  expect(tf.memory().numTensors).toBe(before)
}

test('takes and gives trees of arrays', async () => {
  const f = eager((p: { w: tf.Tensor; more: tf.Tensor[] }, x?: tf.Tensor) => ({
    y: tf.mul(p.w, p.more[0]!),
    rest: [tf.neg(p.more[1]!), undefined],
    given: x ? tf.greater(x, 0) : undefined,
  }))
  await withoutLeak(async () => {
    const params = { w: float32([1, 2]), more: [float32(3), int32([4, 5])] }
    expect(await f(params, float32([-1, 1]))).toEqual({
      y: float32([3, 6]),
      rest: [int32([-4, -5]), undefined],
      given: ndarray(Uint8Array.of(0, 1), [2]),
    })
    expect((await f(params, undefined)).given).toBeUndefined()
  })
})

test('computes gradients', async () => {
  const f = eager((x: tf.Tensor) => tf.grad((v: tf.Tensor) => tf.sum(tf.square(v)))(x))
  await withoutLeak(async () => expect(await f(float32([1, 2, 3]))).toEqual(float32([2, 4, 6])))
})

test('results share no memory with arguments and leave captured tensors alone', async () => {
  const captured = tf.tensor1d([7])
  const x = float32([1, 2])
  const f = eager((v: tf.Tensor) => [v, v, captured] as const)
  await withoutLeak(async () => {
    const [y, again] = await f(x)
    y.data[0] = 9
    expect([x.data[0], again.data[0]]).toEqual([1, 1])
  })
  expect(captured.dataSync()[0]).toBe(7)
  captured.dispose()
})

test('into writes into the given arrays', async () => {
  const f = eager((x: tf.Tensor) => ({ double: tf.mul(x, 2), sum: tf.sum(x) }))
  const out = { double: zeros([2]), sum: zeros([]) }
  const { double } = out
  await withoutLeak(() => f.into(out, float32([1, 2])))
  expect(out).toEqual({ double: float32([2, 4]), sum: float32(3) })
  expect(out.double).toBe(double)
})

test('into refuses arrays that do not fit, and writes nothing then', async () => {
  const f = eager((x: tf.Tensor) => ({ a: tf.mul(x, 2), sum: tf.sum(x) }))
  const x = float32([1, 2])
  const out = { a: zeros([2]), sum: zeros([1]) }
  await withoutLeak(async () => {
    await expect(f.into(out, x)).rejects.toThrow("eager: expected float32 [] to write 'sum' into, got float32 [1]")
    await expect(f.into({ a: zeros([2], 'int32'), sum: zeros([]) }, x)).rejects.toThrow('got int32 [2]')
    await expect(f.into({ a: zeros([2]) } as typeof out, x)).rejects.toThrow("expected arrays 'a', 'sum' to write into")
  })
  expect(out.a).toEqual(float32([0, 0]))
})

test('disposes of everything when the function throws or gives what an array cannot hold', async () => {
  const failing = eager((x: tf.Tensor) => {
    tf.square(x)
    throw new Error('oh')
  })
  const complex = eager((x: tf.Tensor) => [tf.complex(x, x)])
  await withoutLeak(async () => {
    await expect(failing(float32([1]))).rejects.toThrow('oh')
    await expect(complex(float32([1]))).rejects.toThrow(
      "expected float32, int32 or bool at '0' of the result, got complex64",
    )
  })
})

test('results stay on the device, go from call to call, and are given up', async () => {
  const f = eager((x: tf.Tensor) => ({ y: tf.mul(x, 2), sum: tf.sum(x) }))
  await withoutLeak(async () => {
    const first = await f.onDevice(float32([1, 2]))
    expect(first.y).toMatchObject({ dtype: 'float32', shape: [2] })
    const second = await f.onDevice(first.y)
    expect(await second.y.read()).toEqual(float32([4, 8]))
    expect(await first.y.read()).toEqual(float32([2, 4]))
    const tensors = tf.memory().numTensors
    const third = await f.onDevice(donate(second.y))
    expect(tf.memory().numTensors).toBe(tensors + 1) // two more, and one given up
    expect(await third.y.read()).toEqual(float32([8, 16]))
    expect(await third.sum.read()).toEqual(float32(12))
    disposeAll([first, second, third, float32([1])])
  })
})

test('a donated argument is kept if the call fails', async () => {
  const f = eager((x: tf.Tensor) => tf.square(x))
  const fails = eager((_: tf.Tensor): tf.Tensor => {
    throw new Error('oh')
  })
  await withoutLeak(async () => {
    const x = await f.onDevice(float32([3]))
    await expect(fails(donate(x))).rejects.toThrow('oh')
    expect(await x.read()).toEqual(float32([9]))
    x.dispose()
  })
})

test('an array of a foreign device comes by way of the host', async () => {
  const foreign: DeviceArray = { dtype: 'float32', shape: [2], read: async () => float32([3, 4]), dispose: () => {} }
  await withoutLeak(async () => expect(await eager((x: tf.Tensor) => tf.neg(x))(foreign)).toEqual(float32([-3, -4])))
})

test('starts and uses the named backend; the current one stays the current one', async () => {
  tf.registerBackend('other', () => new MathBackendCPU())
  for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel({ ...kernel, backendName: 'other' })
  await tf.setBackend('cpu')
  const ran: string[] = []
  const f = (x: tf.Tensor) => {
    ran.push(tf.getBackend())
    return tf.square(x)
  }
  for (let i = 0; i < 2; i++) expect(await eager(f, { backend: 'other' })(float32([2, 3]))).toEqual(float32([4, 9]))
  await eager(f)(float32([2]))
  expect(ran).toEqual(['other', 'other', 'cpu'])
  const fails = eager(
    () => {
      throw new Error('oh')
    },
    { backend: 'other' },
  )
  await expect(fails()).rejects.toThrow('oh')
  expect(tf.getBackend()).toBe('cpu')
})

test('a backend that is not registered, or does not start, is refused', async () => {
  const on = (backend: string) => eager((x: tf.Tensor) => x, { backend })(float32([1]))
  await expect(on('quantum')).rejects.toThrow("eager: expected a registered tfjs backend, got 'quantum'")
  tf.registerBackend('broken', () => {
    throw new Error('no device')
  })
  await expect(on('broken')).rejects.toThrow("eager: the tfjs backend 'broken' does not start here")
  expect(tf.getBackend()).toBe('cpu')
})
