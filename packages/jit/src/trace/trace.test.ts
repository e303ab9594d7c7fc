import '@cascade-diffusion/ops'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { graphOf } from '../testing/onnx-of.ts'

// biome-ignore lint/suspicious/noExplicitAny: functions of any number of tensors
type Fn = (...args: any[]) => unknown

/** Traces a function of two float32 tensors [2, 3]. */
const trace = (fn: Fn) =>
  graphOf(fn, [
    [2, 3],
    [2, 3],
  ])

beforeEach(() => tf.setBackend('cpu'))

describe('an error says what cannot be traced, and names the op', () => {
  test('reading values', () => {
    expect(() => trace((x) => tf.exp(x).dataSync())).toThrow(
      "jit: the function reads the values of the result of 'Exp', float32 of shape [2,3], while it is traced. There are none yet",
    )
    expect(() => trace((x) => (tf.sum(x).arraySync() === 0 ? x : tf.neg(x)))).toThrow(
      "the result of 'Sum', float32 of shape []",
    )
    expect(() => trace((x) => tf.tensor(x.dataSync()))).toThrow('the values of the argument, float32 of shape [2,3]')
  })

  test('reading values later', async () => {
    let reading: Promise<unknown> = Promise.resolve()
    trace((x) => {
      reading = tf.exp(x).data()
      return x
    })
    await expect(reading).rejects.toThrow("the result of 'Exp'")
  })

  test('a kernel without a rule', () => {
    expect(() => trace((x) => tf.unique(x as tf.Tensor1D))).toThrow(
      "jit: 'Unique' cannot be traced: there is no rule for it. See the list of kernels in the README",
    )
  })

  test('a kernel that cannot be expressed with these operands', () => {
    expect(() => trace((x) => tf.add(x, tf.zeros([4])))).toThrow(
      "jit: 'Add' cannot be traced: Operands could not be broadcast together with shapes 2,3 and 4.",
    )
    expect(() => trace((x) => tf.cast(x, 'complex64'))).toThrow()
  })

  test('shapes that do not fit', () => {
    const cases: [Fn, string][] = [
      [
        (x, y) => tf.matMul(x, y),
        "'BatchMatMul' cannot be traced: expected matrices with equal inner sizes, got [2,3] and [2,3]",
      ],
      [(x, y) => tf.matMul(x, y, true, true), 'got [2,3]ᵀ and [2,3]ᵀ'],
      [(x) => tf.reshape(x, [4]), "'Reshape' cannot be traced: expected a shape of 6 elements, got [4]"],
      [(x) => tf.reshape(x, [4, -1]), 'got [4,1.5]'],
      [
        (x) => tf.slice(x, [1, 1], [1, 3]),
        "'Slice' cannot be traced: expected a part of [2,3], got [1,3] from [1,1] on",
      ],
      [(x) => tf.concat([x, tf.zeros([2, 4])], 0), "'Concat' cannot be traced: expected float32 *,3, got float32 *,4"],
      [(x) => tf.split(x, [1, 1], 1), "'SplitV' cannot be traced: expected parts of 3 along axis 1, got 1,1"],
      [(x) => tf.split(x, 2, 1), 'got 2'],
      [(x) => tf.pad(x, [[1, 1]]), "'PadV2' cannot be traced: expected paddings of 2 axes, got 1"],
      [(x) => tf.sum(x, 2), "'Sum' cannot be traced: expected axes of the 2 there are, got 2"],
      [(x) => tf.argMax(x, -3), "'ArgMax' cannot be traced: expected axes of the 2 there are, got -3"],
      [
        (x) => tf.unsortedSegmentSum(x, tf.tensor1d([0], 'int32'), 2),
        "'UnsortedSegmentSum' cannot be traced: expected ids",
      ],
      // What tfjs refuses itself.
      [(x) => tf.conv2d(x, tf.ones([1, 1, 3, 2]), 1, 'same'), 'Error in conv2d'],
    ]
    for (const [fn, message] of cases) expect(() => trace(fn)).toThrow(message)
  })

  test('tensors from outside', () => {
    const outside = tf.tensor1d([1, 2, 3])
    expect(() => trace((x) => tf.mul(x, outside))).toThrow(
      "jit: 'Multiply' uses a float32 tensor of shape [3] that was made outside of the traced function; " +
        'pass it as an argument, or make it inside with tf.tensor(values, shape)',
    )
    expect(() => trace(() => [outside])).toThrow("jit: 'the result' uses a float32 tensor of shape [3]")
    // Their values may be read.
    expect(trace((x) => tf.mul(x, tf.tensor1d(outside.dataSync()))).nodes).toHaveLength(2)
    outside.dispose()
  })

  test('tensors of an earlier trace', () => {
    let kept: tf.Tensor = tf.scalar(0)
    trace((x) => {
      kept = tf.keep(tf.exp(x))
      return x
    })
    expect(() => trace((x) => tf.add(x, kept))).toThrow(
      "jit: 'Add' uses a float32 tensor of shape [2,3] that was made outside",
    )
    expect(() => tf.neg(kept)).toThrow('jit: a tensor of a traced function was used outside of it')
    kept.dispose()
  })

  test('tensors of other types', () => {
    expect(() => trace(() => tf.tensor(['a']))).toThrow('jit: expected a float32, int32 or bool tensor, got string')
  })

  test('results that are no tensors', () => {
    expect(() => trace(async (x) => x)).toThrow('jit: expected a function that returns tensors, got a promise')
    expect(() => trace(() => 1)).toThrow(
      "jit: expected a function that returns a tree of tensors: tree: expected an array, a list or a record at '', got number",
    )
    expect(() => trace((x) => ({ loss: [x, 'x'] }))).toThrow("at 'loss.1', got string")
  })

  test('a promise that fails later fails nothing else', async () => {
    const fn = async (x: tf.Tensor) => tf.neg((await x.data()) as never)
    expect(() => trace(fn)).toThrow('got a promise')
    await new Promise((resolve) => setTimeout(resolve))
  })

  test('gradients that are not registered', () => {
    const without = (names: string[], run: () => void) => {
      const configs = names.map((name) => tf.getGradient(name) as tf.GradConfig)
      for (const name of names) tf.unregisterGradient(name)
      try {
        run()
      } finally {
        for (const config of configs) tf.registerGradient(config)
      }
    }
    const gradient = tf.grad((x) => tf.exp(tf.add(x, 1)))
    without(['Exp'], () => {
      expect(() => trace((x) => gradient(x))).toThrow(/^jit: no gradient is registered for 'Exp'$/)
    })
    without(['Add'], () => {
      expect(() => trace((x) => gradient(x))).toThrow(
        "jit: no gradient is registered for 'Add'. @tensorflow/tfjs-core alone registers none: import @cascade-diffusion/ops, or @tensorflow/tfjs",
      )
    })
    expect(trace((x) => gradient(x)).nodes.length).toBeGreaterThan(0)
  })

  test('errors of the function itself', () => {
    expect(() =>
      trace(() => {
        throw new TypeError('mine')
      }),
    ).toThrow(new TypeError('mine'))
  })
})

describe('tracing leaves tfjs as it was', () => {
  const memory = () => {
    const { numTensors, numDataBuffers, numBytes } = tf.memory()
    return { numTensors, numDataBuffers, numBytes, backend: tf.getBackend() }
  }

  const failing = () => {
    throw new Error('in the middle')
  }

  const functions: Record<string, Fn> = {
    values: (x, y) => tf.add(tf.exp(x), y),
    gradients: (x, y) => tf.valueAndGrads((a, b) => tf.sum(tf.mul(tf.exp(a!), tf.sin(b!))))([x, y]),
    'second derivatives': (x) => tf.grad(tf.grad((t) => tf.sum(tf.pow(t, 3))))(x),
    'tidied parts': (x) =>
      tf.tidy(() =>
        tf.add(
          tf.exp(x),
          tf.tidy(() => tf.sin(x)),
        ),
      ),
    'an error in the middle': (x) => {
      tf.exp(x)
      return failing()
    },
    'an error in a tidy': (x) => tf.tidy(() => [tf.exp(x), failing()]),
    'an error in a forward pass': (x, y) => tf.grads((a, b) => tf.mul(tf.mul(a!, b!), failing()))([x, y]),
    'a read in a forward pass': (x, y) => tf.grads((a, b) => (tf.exp(tf.mul(a!, b!)).dataSync()[0] ? a! : b!))([x, y]),
    'an error in a backward pass': (x) =>
      tf.grad((t) => tf.customGrad((a) => ({ value: tf.exp(a as tf.Tensor), gradFunc: failing }))(tf.sin(t)))(x),
    'a missing gradient': (x) =>
      tf.grad((t) => tf.sum(tf.image.rotateWithOffset(tf.exp(tf.mul(tf.ones([1, 2, 2, 1]), t)) as tf.Tensor4D, 1)))(x),
    'no way from the operand': (x, y) => tf.grad(() => tf.exp(y))(x),
  }

  test.each(Object.keys(functions))('%s', (name) => {
    const before = memory()
    const outer = tf.grad((t) => tf.exp(tf.mul(t, t)))
    const expected = tf.tidy(() => outer(tf.scalar(0.5)).dataSync()[0])
    let message = ''
    try {
      trace(functions[name]!)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message === '').toBe(!/error|read|missing|no way/.test(name))
    expect(memory()).toEqual(before)
    // The next gradient works, and is no larger for what was left.
    expect(tf.tidy(() => outer(tf.scalar(0.5)).dataSync()[0])).toBe(expected)
    expect(memory()).toEqual(before)
  })

  test('inside of a tidy, and of a gradient that goes on afterwards', () => {
    const before = memory()
    const derivative = tf.tidy(
      () =>
        tf
          .grad((t) => {
            const y = tf.mul(t, t)
            expect(() => trace(functions['an error in a forward pass']!)).toThrow('in the middle')
            trace(functions.gradients!)
            return tf.mul(y, t)
          })(tf.scalar(2))
          .dataSync()[0],
    )
    expect(derivative).toBe(12)
    expect(memory()).toEqual(before)
  })

  test('when no backend is active yet', () => {
    Object.assign(tf.engine(), { backendName: undefined, backendInstance: null })
    trace(functions.values!)
    expect(tf.getBackend()).toBeUndefined()
    const x = tf.tensor1d([1, 2])
    expect(tf.getBackend()).toBe('cpu')
    x.dispose()
  })
})

describe('what a trace records', () => {
  const ops = (fn: Fn) => trace(fn).nodes.map((node) => node.op)

  test('what the results need, once', () => {
    expect(
      ops((x, y) => {
        tf.log(x)
        return [tf.add(tf.exp(x), y), tf.neg(tf.exp(x))]
      }),
    ).toEqual(['Exp', 'Add', 'Neg'])
  })

  test('gradients like everything else', () => {
    expect(ops((x) => tf.grad((t) => tf.sum(tf.square(t)))(x))).toEqual(['Constant', 'Multiply'])
  })

  test('arguments, constants and nothing as results', () => {
    const { inputs, outputs, nodes } = trace((x, y) => [y, x, y, tf.scalar(1)])
    expect(outputs.slice(0, 3)).toEqual([inputs[1], inputs[0], inputs[1]])
    expect(nodes.map((node) => node.op)).toEqual(['Constant'])
    expect(trace(() => undefined).outputs).toEqual([])
  })
})
