import { int32, type NDArray, ndarray } from '@cascade-diffusion/arrays'
import { groupNorm, silu, upsampleNearest2x } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { cpu } from '../lower/target.ts'
import { halfNumbers } from '../onnx/half-numbers.ts'
import type { OnnxModel } from '../onnx/model.ts'
import { expectClose, reference } from '../testing/agreement.ts'
import { batchSizes } from '../testing/any-batch.ts'
import { numbersOf } from '../testing/half-numbers.ts'
import { roundingEngine } from '../testing/rounding-engine.ts'
import type { InputSpec } from './arguments.ts'
import { type ExportOptions, exportOnnx } from './export-onnx.ts'
import { encodeOnnx } from './save-onnx.ts'

type Arrays = Readonly<Record<string, NDArray>>

/** Runs an exported file as anybody would: a session of ONNX Runtime, inputs and outputs by name. */
async function session(model: OnnxModel) {
  const session = await ort.InferenceSession.create(encodeOnnx(model))
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(inputs: Arrays): Promise<Arrays> {
      const feeds = Object.entries(inputs).map(([name, a]) => [name, new ort.Tensor(a.dtype, a.data as never, a.shape)])
      const results = await session.run(Object.fromEntries(feeds))
      return Object.fromEntries(
        Object.entries(results).map(([name, { data, dims }]) => [name, ndarray(data as Float32Array, [...dims])]),
      )
    },
  }
}

const operators = (model: OnnxModel) => model.nodes.map((n) => n.opType)

type Weights = Record<string, tf.Tensor>

/** A small network with all that those of diffusion models have. */
function network(w: Weights, xt: tf.Tensor4D, condition: { label: tf.Tensor1D }): tf.Tensor4D {
  const conv = (name: string, x: tf.Tensor, stride: 1 | 2 = 1) =>
    tf.add(tf.conv2d(x as tf.Tensor4D, w[`${name}.kernel`] as tf.Tensor4D, stride, 'same'), w[`${name}.bias`]!)
  const norm = (name: string, x: tf.Tensor) =>
    groupNorm(x as tf.Tensor4D, w[`${name}.scale`] as tf.Tensor1D, w[`${name}.shift`] as tf.Tensor1D, { groups: 4 })
  const [n, size, , c] = [xt.shape[0], xt.shape[1], 0, 16]
  let h = conv('input', xt)
  h = tf.add(h, tf.reshape(tf.gather(w['label.table']!, condition.label), [n, 1, 1, c]))
  const small = conv('down', silu(norm('down.norm', h)), 2)
  const rows = tf.reshape(small, [n, (size / 2) ** 2, c])
  const scores = tf.softmax(tf.mul(tf.matMul(rows, rows, false, true), 0.1))
  const attended = tf.reshape(tf.matMul(scores, rows), [n, size / 2, size / 2, c])
  h = tf.concat([upsampleNearest2x(attended as tf.Tensor4D), h], 3)
  return conv('output', silu(h as tf.Tensor4D)) as tf.Tensor4D
}

const shapes = {
  'down.bias': [16],
  'down.kernel': [3, 3, 16, 16],
  'down.norm.scale': [16],
  'down.norm.shift': [16],
  'input.bias': [16],
  'input.kernel': [3, 3, 3, 16],
  'label.table': [10, 16],
  'output.bias': [3],
  'output.kernel': [3, 3, 32, 3],
}
const weights = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [name, rng(3).fold(name).normal(shape)]),
)

const inputsAt = (n: number) => ({
  xt: rng(n).normal([n, 8, 8, 3]),
  label: int32(
    Array.from({ length: n }, (_, i) => (7 * i) % 10),
    [n],
  ),
})

const exported = exportOnnx(
  network,
  [weights, { shape: ['N', 8, 8, 3] }, { label: { shape: ['N'], dtype: 'int32' } }],
  { inputs: ['', 'xt', 'condition'], output: 'epsilon' },
)

describe('a network', () => {
  test('gives in ONNX Runtime what it gives eagerly, at any batch size', async () => {
    const { inputs, outputs, run } = await session(exported)
    expect(inputs).toEqual(['xt', 'condition.label'])
    expect(outputs).toEqual(['epsilon'])
    for (const n of batchSizes) {
      const { xt, label } = inputsAt(n)
      const expected = await reference(network, [weights as never, xt, { label } as never])
      const { epsilon } = await run({ xt, 'condition.label': label })
      expectClose(epsilon, expected, 1e-5, `at ${n}`)
    }
  })

  test('is plain convolutions with their own weights and biases, under their names', () => {
    const convolutions = exported.nodes.filter((n) => n.opType === 'Conv')
    expect(convolutions.map((n) => n.inputs.slice(1))).toEqual([
      ['input.kernel', 'input.bias'],
      ['down.kernel', 'down.bias'],
      ['output.kernel', 'output.bias'],
    ])
    expect(convolutions.map((n) => n.name)).toEqual(['input/Conv', 'down/Conv', 'output/Conv'])
    const named = exported.initializers.map((t) => t.name).filter((name) => !name.startsWith('Constant'))
    expect(named.sort()).toEqual(Object.keys(shapes).sort())
    expect(new Set(exported.nodes.map((n) => n.domain))).toEqual(new Set(['']))
    expect(operators(exported)).not.toContain('Identity')
    // [rows, columns, C, K] in tfjs; ONNX wants [K, C, rows, columns].
    const kernel = exported.initializers.find((t) => t.name === 'input.kernel')!
    expect(kernel.shape).toEqual([16, 3, 3, 3])
    const at = (k: number, c: number, y: number, x: number) =>
      weights['input.kernel']!.data[((y * 3 + x) * 3 + c) * 16 + k]
    expect(kernel.data[((5 * 3 + 2) * 3 + 1) * 3 + 2]).toBe(at(5, 2, 1, 2))
  })

  test('has distinct names of operators and tensors', () => {
    const names = exported.nodes.map((n) => n.name)
    expect(new Set(names).size).toBe(names.length)
    const tensors = [
      ...exported.nodes.flatMap((n) => n.outputs),
      ...exported.initializers.map((t) => t.name),
      ...exported.inputs.map((t) => t.name),
    ]
    expect(new Set(tensors).size).toBe(tensors.length)
  })
})

describe('a network of 16 bits', () => {
  const inHalf = (precision: 'float16' | 'bfloat16', arithmetic?: 'float32' | 'float16' | 'bfloat16') =>
    exportOnnx(network, [weights, { shape: ['N', 8, 8, 3] }, { label: { shape: ['N'], dtype: 'int32' } }], {
      inputs: ['', 'xt', 'condition'],
      output: 'epsilon',
      precision,
      ...(arithmetic && { arithmetic }),
    })

  test('has weights of half the size under their names, and float32 inputs and outputs', async () => {
    const model = inHalf('float16')
    const types = Object.fromEntries(model.initializers.map(({ name, dtype }) => [name, dtype]))
    // The table is looked up in float32.
    expect(types).toMatchObject({ 'input.kernel': 'float16', 'output.kernel': 'float16', 'label.table': 'float32' })
    expect(encodeOnnx(model).length).toBeLessThan(0.7 * encodeOnnx(exported).length)
    const { inputs, outputs, run } = await session(model)
    expect([inputs, outputs]).toEqual([['xt', 'condition.label'], ['epsilon']])
    const { xt, label } = inputsAt(3)
    const { epsilon } = await run({ xt, 'condition.label': label })
    expect(`${epsilon!.dtype}[${epsilon!.shape}]`).toBe('float32[3,8,8,3]')
  })

  test.each([
    ['float16', 2 ** -11],
    ['bfloat16', 2 ** -8],
  ] as const)('is as exact as %s is', async (precision, unit) => {
    const { xt, label } = inputsAt(2)
    const expected = (await reference(network, [weights as never, xt, { label } as never])) as NDArray
    const executable = await roundingEngine().compile(inHalf(precision, precision))
    const [epsilon] = await executable.run([xt, label])
    await executable.dispose()
    expectClose(epsilon, expected, 30 * unit)
    expect(epsilon!.data).not.toEqual(expected.data)
  })
})

describe.each([
  ['bfloat16', undefined],
  ['float16', 'float32'],
] as const)('a network whose weights alone are %s', (precision, arithmetic) => {
  const model = exportOnnx(network, [weights, { shape: ['N', 8, 8, 3] }, { label: { shape: ['N'], dtype: 'int32' } }], {
    inputs: ['', 'xt', 'condition'],
    output: 'epsilon',
    precision,
    ...(arithmetic && { arithmetic }),
  })

  test('is opened by ONNX Runtime on a processor, and computes in float32 with the rounded weights', async () => {
    const rounded = new Set(model.initializers.flatMap(({ name, dtype }) => (dtype === precision ? [name] : [])))
    expect([...rounded]).toEqual(expect.arrayContaining(['input.kernel', 'down.kernel', 'output.kernel']))
    const given = Object.entries(weights).map(([name, w]) => {
      const round = () => ndarray(numbersOf(halfNumbers(w.data, precision), precision), w.shape)
      return [name, rounded.has(name) ? round() : w]
    })
    const { inputs, outputs, run } = await session(model)
    expect([inputs, outputs]).toEqual([['xt', 'condition.label'], ['epsilon']])
    for (const n of batchSizes) {
      const { xt, label } = inputsAt(n)
      const expected = await reference(network, [Object.fromEntries(given), xt, { label } as never])
      const { epsilon } = await run({ xt, 'condition.label': label })
      // The network makes much of roundings: those of bfloat16 are a hundred times as large.
      expectClose(epsilon, expected, 3e-5, `at ${n}`)
    }
  })

  test('takes little more than half of the space', () => {
    expect(encodeOnnx(model).length).toBeLessThan(0.7 * encodeOnnx(exported).length)
    expect(model.nodes.map(({ name }) => name)).toContain('input.kernel:float32/Cast')
  })
})

test('bfloat16 that is to be computed in is for other engines: ONNX Runtime has none on processors', async () => {
  const model = exportOnnx((x: tf.Tensor) => tf.relu(tf.matMul(x, tf.ones([3, 3]))), [{ shape: [2, 3] }], {
    precision: 'bfloat16',
    arithmetic: 'bfloat16',
  })
  await expect(session(model)).rejects.toThrow(/Could not find an implementation|NOT_IMPLEMENTED|Type Error/)
})

describe('functions of other kinds', () => {
  test('a classifier’s loss with the gradients of its weights, which are inputs', async () => {
    const step = (w: tf.Tensor, x: tf.Tensor, label: tf.Tensor1D) => {
      const loss = (w: tf.Tensor) =>
        tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(tf.matMul(x, w)), tf.oneHot(label, 5)), 1))) as tf.Scalar
      const { value, grad } = tf.valueAndGrad(loss)(w)
      return { loss: value, gradient: { w: grad } }
    }
    const model = exportOnnx(step, [{ shape: [4, 5] }, { shape: ['batch', 4] }, { shape: ['batch'], dtype: 'int32' }])
    const { inputs, outputs, run } = await session(model)
    expect([inputs, outputs]).toEqual([
      ['input0', 'input1', 'input2'],
      ['gradient.w', 'loss'],
    ])
    for (const n of batchSizes) {
      const args = [
        rng(1).normal([4, 5]),
        rng(n).normal([n, 4]),
        int32(
          Array.from({ length: n }, (_, i) => i % 5),
          [n],
        ),
      ]
      const expected = (await reference(step, args)) as { loss: NDArray; gradient: { w: NDArray } }
      const results = await run(Object.fromEntries(args.map((a, i) => [`input${i}`, a])))
      expectClose([results.loss, results['gradient.w']], [expected.loss, expected.gradient.w], 1e-5, `at ${n}`)
    }
  })

  test('the gradients of a network, and one kernel of which is used in two forms', async () => {
    const fn = ({ x }: { x: tf.Tensor4D }, w: tf.Tensor4D) =>
      tf.grad((x) => tf.mean(tf.square(tf.conv2d(tf.conv2d(x as tf.Tensor4D, w, 1, 'same'), w, 2, 'same'))))(x)
    const w = rng(1).normal([3, 3, 4, 4])
    const model = exportOnnx(fn as never, [{ x: { shape: ['N', 6, 6, 4] } }, w] as never, {
      inputs: ['image', 'kernel'],
    })
    const { inputs, outputs, run } = await session(model)
    expect([inputs, outputs]).toEqual([['image.x'], ['output']])
    const names = model.initializers.map((t) => t.name).filter((name) => name.startsWith('kernel'))
    expect(names.length).toBeGreaterThan(1)
    expect(new Set(names).size).toBe(names.length)
    for (const n of batchSizes) {
      const x = rng(n).normal([n, 6, 6, 4])
      expectClose((await run({ 'image.x': x })).output, await reference(fn, [{ x } as never, w]), 1e-5, `at ${n}`)
    }
  })

  test('fixed shapes, a list of results, and results that are arguments, constants or the same', async () => {
    const model = exportOnnx((x: tf.Tensor) => [tf.neg(x), x, tf.scalar(3), tf.neg(x)], [{ shape: [2, 3] }])
    const { inputs, outputs, run } = await session(model)
    expect([inputs, outputs]).toEqual([['input'], ['output.0', 'output.1', 'output.2', 'output.3']])
    const x = rng(1).normal([2, 3])
    const results = await run({ input: x })
    const negative = ndarray(
      x.data.map((v) => -v),
      [2, 3],
    )
    expect(Object.values(results)).toEqual([negative, x, ndarray(Float32Array.of(3), []), negative])
    expect(model.inputs[0]).toEqual({ name: 'input', dtype: 'float32', shape: [2, 3] })
  })

  test('weights as results, as they are or moved', async () => {
    const fn = (w: tf.Tensor, x: tf.Tensor) => ({ w, moved: tf.transpose(w), flat: tf.reshape(w, [6]), x: tf.neg(x) })
    const w = rng(1).normal([2, 3])
    const { run } = await session(exportOnnx(fn, [w, { shape: [1] }], { inputs: ['weight', 'input'] }))
    const input = rng(2).normal([1])
    const { w: same, moved, flat, x } = await run({ input })
    expectClose({ w: same, moved, flat, x }, await reference(fn, [w, input]), 0)
  })

  test('a record of arguments is named by its paths', () => {
    const model = exportOnnx(
      ({ a, b }: { a: tf.Tensor; b: tf.Tensor[] }) => ({ sum: tf.add(a, b[0]!) }),
      [{ a: { shape: ['N', 2] }, b: [{ shape: ['N', 1] }] }],
    )
    expect(model.inputs.map((t) => t.name)).toEqual(['a', 'b.0'])
    expect(model.outputs.map((t) => t.name)).toEqual(['sum'])
  })

  test('on request, operators of ONNX Runtime', () => {
    const domains = (target?: typeof cpu) =>
      new Set(
        exportOnnx((x: tf.Tensor) => silu(x), [{ shape: [2] }], { ...(target && { target }) }).nodes.map(
          (n) => n.domain,
        ),
      )
    expect(domains()).toEqual(new Set(['']))
    expect(domains(cpu)).toContain('com.microsoft')
  })
})

describe('what cannot be exported', () => {
  const add = (x: tf.Tensor, y: tf.Tensor) => tf.add(x, y)
  const attempt = (x: InputSpec, y: InputSpec, options?: ExportOptions) => () => exportOnnx(add, [x, y], options)
  test('lengths', () => {
    expect(attempt({ shape: ['N', 2] }, { shape: ['M', 2] })).toThrow(
      "jit: expected one length to be left open, the batch's, got N, M",
    )
    expect(attempt({ shape: ['N', 'N'] }, { shape: [2] })).toThrow(
      "jit: expected one batch axis of 'input0', got [N,N]",
    )
    expect(attempt({ shape: [2.5] }, { shape: [2] })).toThrow(
      "jit: expected lengths for the axes of 'input0', got [2.5]",
    )
  })
  test('names', () => {
    const spec = { shape: [2] }
    expect(attempt(spec, spec, { inputs: ['x'] })).toThrow('jit: expected names for 2 arguments, got 1')
    expect(attempt(spec, spec, { inputs: ['x', 'x'] })).toThrow(
      "jit: expected distinct names of inputs, weights and outputs, got 'x' twice",
    )
    expect(attempt(spec, spec, { inputs: ['x', 'y'], output: 'y' })).toThrow("got 'y' twice")
    expect(attempt(spec, spec, { inputs: ['x', ''] })).toThrow("jit: expected names for all inputs and outputs, got ''")
  })
  test('precisions', () => {
    const spec = { shape: [2] }
    expect(attempt(spec, spec, { precision: 'bfloat61' as never })).toThrow(
      "jit: expected precision, one of 'float32', 'float16', 'bfloat16'; got 'bfloat61'",
    )
    expect(attempt(spec, spec, { precision: 'float16', arithmetic: 'bfloat16' })).toThrow(
      "jit: expected arithmetic, one of 'float32', 'float16'; got 'bfloat16'",
    )
  })
  test('functions', () => {
    expect(() => exportOnnx((x: tf.Tensor) => tf.addN(tf.unstack(x)), [{ shape: ['N', 2] }])).toThrow("'Unpack'")
    expect(() => exportOnnx((x: tf.Tensor) => tf.tensor(x.dataSync()), [{ shape: [2] }])).toThrow('reads the values')
  })
})
