import '@tensorflow/tfjs-backend-cpu'
import { float32, int32, type NDArray, ndarray, zeros } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test, vi } from 'vitest'
import { onnxRuntimeNode } from './engines/onnxruntime-node.ts'
import { jit } from './jit.ts'

const options = { engine: onnxRuntimeNode({ threads: 1 }) }

/** A jitted function whose traces are counted. */
function counted<Args extends readonly unknown[], Out>(fn: (...args: Args) => Out) {
  const traced = vi.fn()
  const compiled = jit((...args: Args) => {
    traced()
    return fn(...args)
  }, options)
  return { compiled, traced }
}

describe('programs', () => {
  test('one for each set of shapes and types, made when first needed', async () => {
    const { compiled, traced } = counted((x: tf.Tensor) => tf.add(x, x))
    expect(traced).not.toHaveBeenCalled()
    for (const x of [float32([1, 2]), float32([3, 4]), float32([1, 2, 3]), float32([5, 6])])
      expect(await compiled(x)).toEqual(float32(Array.from(x.data, (v) => 2 * v)))
    expect(traced).toHaveBeenCalledTimes(2)
    expect(await compiled(int32([1, 2]))).toEqual(int32([2, 4]))
    expect(traced).toHaveBeenCalledTimes(3)
    expect(await compiled(float32([1, 2], [1, 2]))).toEqual(float32([2, 4], [1, 2]))
    expect(traced).toHaveBeenCalledTimes(4)
    await compiled.dispose()
  })

  test('one for each structure of the arguments', async () => {
    type Options = { bias?: tf.Tensor } | tf.Tensor[] | undefined
    const { compiled, traced } = counted((x: tf.Tensor, o: Options) =>
      Array.isArray(o) ? tf.mul(x, o.length) : o?.bias ? tf.add(x, o.bias) : tf.neg(x),
    )
    const x = float32([1, 2])
    expect(await compiled(x, undefined)).toEqual(float32([-1, -2]))
    expect(await compiled(x, [])).toEqual(float32([0, 0]))
    expect(await compiled(x, { bias: float32(3) })).toEqual(float32([4, 5]))
    expect(await compiled(x, { bias: undefined })).toEqual(float32([-1, -2]))
    expect(await compiled(x, {})).toEqual(float32([-1, -2]))
    expect(await compiled(x, [float32(1)])).toEqual(float32([1, 2]))
    // An absent branch and an undefined one are the same to the function.
    expect(traced).toHaveBeenCalledTimes(5)
    await compiled.dispose()
  })

  test('calls at the same time share one, and get their own results', async () => {
    const { compiled, traced } = counted((x: tf.Tensor) => tf.exp(x))
    const xs = [float32([0, 1]), float32([2, 3]), float32([4]), float32([5, 6])]
    const results = await Promise.all(xs.map((x) => compiled(x)))
    results.forEach((y, i) => {
      for (const [k, v] of y.data.entries()) expect(v / Math.exp(xs[i]!.data[k]!)).toBeCloseTo(1, 5)
    })
    expect(traced).toHaveBeenCalledTimes(2)
    await compiled.dispose()
  })

  test('are made again after dispose', async () => {
    const { compiled, traced } = counted((x: tf.Tensor) => tf.sub(x, 1))
    await compiled(float32([1]))
    await compiled.dispose()
    await compiled.dispose()
    expect(await compiled(float32([3]))).toEqual(float32([2]))
    expect(traced).toHaveBeenCalledTimes(2)
    await compiled.dispose()
  })

  test('are not kept if they could not be made', async () => {
    let ready = false
    const { compiled, traced } = counted((x: tf.Tensor) => {
      if (!ready) throw new Error('not yet')
      return tf.neg(x)
    })
    await expect(compiled(float32([1]))).rejects.toThrow('not yet')
    ready = true
    expect(await compiled(float32([1]))).toEqual(float32([-1]))
    expect(traced).toHaveBeenCalledTimes(2)
    await compiled.dispose()
  })

  test('a call that dispose overtakes still ends', async () => {
    const { compiled } = counted((x: tf.Tensor) => tf.neg(x))
    await compiled(float32([1]))
    const running = compiled(float32([2]))
    await compiled.dispose()
    expect(await running).toEqual(float32([-2]))
  })
})

describe('arguments and results', () => {
  test('are trees', async () => {
    interface Model {
      layers: { weight: tf.Tensor; bias?: tf.Tensor }[]
    }
    const fn = (model: Model, [x, none]: [tf.Tensor, undefined]) => ({
      out: model.layers.reduce((y, { weight, bias }) => {
        const z = tf.mul(y, weight)
        return bias ? tf.add(z, bias) : z
      }, x),
      none,
      nested: { list: [x, [tf.neg(x)]], empty: {} },
    })
    const x = float32([1, 2])
    const model = { layers: [{ weight: float32(2), bias: float32([10, 20]) }, { weight: float32(-1) }] }
    const compiled = jit(fn, options)
    const result = await compiled(model as never, [x, undefined])
    expect(result).toEqual({
      out: float32([-12, -24]),
      none: undefined,
      nested: { list: [x, [float32([-1, -2])]], empty: {} },
    })
    expect(result).toEqual(await eager(fn)(model as never, [x, undefined]))
    await compiled.dispose()
  })

  test('of every type, of no elements and of none at all', async () => {
    const compiled = jit(
      (b: tf.Tensor, i: tf.Tensor, empty: tf.Tensor) => ({
        not: tf.logicalNot(b),
        masked: tf.mul(i, b),
        positive: tf.greater(i, 0),
        empty: tf.add(empty, 1),
        joined: tf.concat([empty, tf.ones([1, 3])], 0),
      }),
      options,
    )
    const bools = ndarray(Uint8Array.of(1, 0, 1), [3])
    expect(await compiled(bools, int32([-1, 2, 3]), zeros([0, 3]))).toEqual({
      not: ndarray(Uint8Array.of(0, 1, 0), [3]),
      masked: int32([-1, 0, 3]),
      positive: ndarray(Uint8Array.of(0, 1, 1), [3]),
      empty: zeros([0, 3]),
      joined: float32([1, 1, 1], [1, 3]),
    })
    await compiled.dispose()
    const nothing = jit(() => ({ nothing: [] }), options)
    expect(await nothing()).toEqual({ nothing: [] })
    await nothing.dispose()
    const constant = jit(() => tf.range(0, 3), options)
    expect(await constant()).toEqual(float32([0, 1, 2]))
    await constant.dispose()
  })

  test('a result that is an argument or a constant is a copy', async () => {
    const values = Float32Array.of(7, 8)
    const compiled = jit((x: tf.Tensor) => ({ x, twice: [x, x], constant: tf.tensor1d(values) }), options)
    const x = float32([1, 2])
    const result = await compiled(x)
    expect(result).toEqual({ x, twice: [x, x], constant: float32([7, 8]) })
    result.x.data[0] = 9
    result.constant.data[0] = 9
    expect(x.data[0]).toBe(1)
    expect(values[0]).toBe(7)
    expect((await compiled(x)).constant).toEqual(float32([7, 8]))
    await compiled.dispose()
  })

  test('that are no arrays are refused', async () => {
    const compiled = jit((x: tf.Tensor) => x, options)
    await expect(compiled(3 as never)).rejects.toThrow("expected an array, a list or a record at '0', got number")
    await expect(compiled({ dtype: 'float32', shape: [3], data: Float32Array.of(1) } as NDArray)).rejects.toThrow()
    await compiled.dispose()
  })
})

describe('constants', () => {
  test('are fixed when the call returns its promise, also large ones', async () => {
    for (const n of [3, 5000]) {
      const values = new Float32Array(n).fill(2)
      const compiled = jit((x: tf.Tensor) => tf.mul(x, tf.tensor1d(values)), options)
      const first = compiled(float32(new Float32Array(n).fill(1)))
      values.fill(5)
      expect((await first).data.every((v) => v === 2)).toBe(true)
      // A later call with the same shapes does not look at them again; with others it does.
      expect((await compiled(float32(new Float32Array(n).fill(1)))).data.every((v) => v === 2)).toBe(true)
      expect((await compiled(float32(new Float32Array(n).fill(1), [1, n]))).data.every((v) => v === 5)).toBe(true)
      await compiled.dispose()
    }
  })
})

describe('into', () => {
  const step = (state: { w: tf.Tensor; count: tf.Tensor }, x: tf.Tensor) => ({
    w: tf.add(tf.mul(state.w, 2), x),
    count: tf.add(state.count, tf.scalar(1, 'int32')),
  })

  test('writes into the given arrays, so that two states can take turns', async () => {
    const compiled = jit(step, options)
    const make = () => ({ w: zeros([2]), count: zeros([], 'int32') })
    let [state, next] = [make(), make()]
    const memory = [state.w.data, next.w.data]
    let expected = [0, 0]
    for (let i = 1; i <= 5; i++) {
      await compiled.into(next as never, state as never, float32([i, -i]))
      ;[state, next] = [next, state]
      expected = expected.map((w, k) => 2 * w + (k ? -i : i))
      expect(Array.from(state.w.data)).toEqual(expected)
      expect(state.count.data[0]).toBe(i)
      expect(state.w.data).toBe(memory[i % 2])
    }
    await compiled.dispose()
  })

  test('refuses arrays that do not fit, by name, and writes nothing', async () => {
    const compiled = jit(step, options)
    const state = { w: zeros([2]), count: zeros([], 'int32') }
    const into = (out: unknown) => compiled.into(out as never, state as never, float32([1, 1]))
    await expect(into({ w: zeros([2]) })).rejects.toThrow('jit: expected arrays for the results [count,w], got [w]')
    await expect(into({ ...state, more: zeros([1]) })).rejects.toThrow('got [count,more,w]')
    const out = { w: zeros([3]), count: zeros([], 'int32') }
    await expect(into(out)).rejects.toThrow("jit: expected float32[2] for the result 'w', got float32[3]")
    await expect(into({ w: zeros([2]), count: zeros([]) })).rejects.toThrow(
      "expected int32[] for the result 'count', got float32[]",
    )
    expect(out).toEqual({ w: zeros([3]), count: zeros([], 'int32') })
    await compiled.dispose()
  })

  test('a result twice', async () => {
    const compiled = jit((x: tf.Tensor) => [tf.neg(x), tf.neg(x)], options)
    const out = [zeros([1]), zeros([1])]
    await compiled.into(out, float32([2]))
    expect(out).toEqual([float32([-2]), float32([-2])])
    await compiled.dispose()
  })
})

describe('functions that are no traced functions', () => {
  test('a jitted function inside of another is refused at once, however it is called', async () => {
    const inner = jit((x: tf.Tensor) => tf.neg(x), options)
    const message = 'jit: a traced function called another jitted function; call the plain function instead'
    await expect(jit((x: tf.Tensor) => inner(x as never), options)(float32([1]))).rejects.toThrow(message)
    const into = jit((x: tf.Tensor) => inner.into(x as never, x as never), options)
    await expect(into(float32([1]))).rejects.toThrow(message)
    expect(await inner(float32([1]))).toEqual(float32([-1]))
    await inner.dispose()
  })

  test('an async function', async () => {
    const compiled = jit(async (x: tf.Tensor) => x, options)
    await expect(compiled(float32([1]))).rejects.toThrow('jit: expected a function that returns tensors, got a promise')
  })

  test('the backend of before is active again', async () => {
    await tf.setBackend('cpu')
    const compiled = jit((x: tf.Tensor) => tf.unique(x as tf.Tensor1D).values, options)
    await expect(compiled(float32([1]))).rejects.toThrow("jit: 'Unique' cannot be traced")
    expect(tf.getBackend()).toBe('cpu')
  })
})
