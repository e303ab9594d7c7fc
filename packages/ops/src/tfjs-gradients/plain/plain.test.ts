import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers tfjs's own
import * as tf from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import { arithmeticGradients } from './arithmetic.ts'
import { arrangementGradients } from './arrangement.ts'
import { elementwiseGradients } from './elementwise.ts'
import { kernelGradients } from './kernels.ts'
import { reductionGradients } from './reductions.ts'

const configs = [
  ...[...elementwiseGradients, ...arithmeticGradients, ...arrangementGradients],
  ...[...reductionGradients, ...kernelGradients],
]
const tfjs = new Map(configs.map(({ kernelName }) => [kernelName, tf.getGradient(kernelName)]))

/** Numbers without a pattern, from `low` to `high`. */
const numbers = (shape: number[], seed: number, [low, high]: readonly [number, number]): tf.Tensor =>
  tf.tensor(
    Float32Array.from(
      { length: tf.util.sizeFromShape(shape) },
      (_, i) => low + ((((i + 1) * 7919 + seed * 104729) % 1013) / 1013) * (high - low),
    ),
    shape,
  )

type Op = (...xs: tf.Tensor[]) => tf.Tensor
interface Case {
  readonly op: Op
  readonly shapes: readonly number[][]
  readonly range?: readonly [number, number]
}

const one = (op: (x: tf.Tensor) => tf.Tensor, range?: readonly [number, number], shape = [3, 4]): Case => ({
  op: (x) => op(x!),
  shapes: [shape],
  range,
})
const two = (op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, a: number[], b: number[]): Case => ({
  op: (x, y) => op(x!, y!),
  shapes: [a, b],
})
const inside = [-0.9, 0.9] as const
const above = [1.1, 3] as const

const cases: Readonly<Record<string, readonly Case[]>> = {
  Acos: [one(tf.acos, inside)],
  Acosh: [one(tf.acosh, above)],
  Asin: [one(tf.asin, inside)],
  Asinh: [one(tf.asinh)],
  Atan: [one(tf.atan)],
  Atanh: [one(tf.atanh, inside)],
  Cos: [one(tf.cos)],
  Cosh: [one(tf.cosh)],
  Erf: [one(tf.erf)],
  Expm1: [one(tf.expm1)],
  Log: [one(tf.log, above)],
  Log1p: [one(tf.log1p, above)],
  Reciprocal: [one(tf.reciprocal)],
  Relu: [one(tf.relu)],
  Rsqrt: [one(tf.rsqrt, above)],
  Selu: [one(tf.selu)],
  Sin: [one(tf.sin)],
  Sinh: [one(tf.sinh)],
  Softplus: [one(tf.softplus)],
  Sqrt: [one(tf.sqrt, above)],
  Square: [one(tf.square)],
  Tan: [one(tf.tan, inside)],
  Elu: [one(tf.elu)],
  Exp: [one(tf.exp)],
  Sigmoid: [one(tf.sigmoid)],
  Tanh: [one(tf.tanh)],
  Identity: [one(tf.clone)],
  Neg: [one(tf.neg)],
  OnesLike: [one((x) => tf.add(tf.onesLike(x), x))],
  ZerosLike: [one((x) => tf.add(tf.zerosLike(x), x))],
  LeakyRelu: [one((x) => tf.leakyRelu(x, 0.3))],
  Add: [two(tf.add, [2, 3], [2, 3]), two(tf.add, [2, 1, 3], [4, 1]), two(tf.add, [3], [2, 3])],
  Sub: [two(tf.sub, [2, 3], [2, 3]), two(tf.sub, [2, 1, 3], [4, 1]), two(tf.sub, [3], [2, 3])],
  Multiply: [two(tf.mul, [2, 3], [2, 3]), two(tf.mul, [2, 1, 3], [4, 1]), two(tf.mul, [3], [2, 3])],
  Mod: [two(tf.mod, [2, 3], [2, 3]), two(tf.mod, [2, 1, 3], [4, 1])],
  AddN: [{ op: (...xs) => tf.addN(xs), shapes: [[2, 3], [2, 3], [2, 3]] }], // biome-ignore format: a line for each
  Prelu: [two(tf.prelu, [2, 3, 4], [2, 3, 4]), two(tf.prelu, [2, 3, 4], [4])],
  Reshape: [one((x) => tf.reshape(x, [2, 6]))],
  ExpandDims: [one((x) => tf.expandDims(x, 1))],
  Transpose: [one((x) => tf.transpose(x, [2, 0, 1]), undefined, [2, 3, 4]), one((x) => tf.transpose(x))],
  Reverse: [one((x) => tf.reverse(x, 1)), one((x) => tf.reverse(x, [0, -1]))],
  BatchToSpaceND: [one((x) => tf.batchToSpaceND(x, [2, 2], [[0, 1], [1, 0]]), undefined, [4, 2, 2, 3])], // biome-ignore format: one line
  SpaceToBatchND: [one((x) => tf.spaceToBatchND(x, [2, 2], [[0, 1], [1, 0]]), undefined, [1, 3, 3, 2])], // biome-ignore format: one line
  SplitV: [one((x) => tf.mul(tf.split(x, [1, 3], 1)[1]!, 2)), one((x) => tf.split(x, 3)[1]!)],
  Unpack: [one((x) => tf.mul(tf.unstack(x, 1)[2]!, 3))],
  Concat: [two((a, b) => tf.concat([a, b], 1), [2, 3], [2, 1]), two((a, b) => tf.concat([a, b], -1), [2, 3], [2, 1])],
  Pack: [two((a, b) => tf.stack([a, b], 1), [2, 3], [2, 3])],
  PadV2: [one((x) => tf.pad(x, [[1, 0], [2, 3]], 7))], // biome-ignore format: one line
  Slice: [one((x) => tf.slice(x, [1, 1], [2, -1])), one((x) => tf.slice(x, 1))],
  Sum: [one((x) => tf.sum(x)), one((x) => tf.sum(x, 1)), one((x) => tf.sum(x, [0, -1], true))],
  Mean: [one((x) => tf.mean(x)), one((x) => tf.mean(x, 1)), one((x) => tf.mean(x, [0, -1], true))],
  Softmax: [one((x) => tf.softmax(x))],
  LogSoftmax: [], // a kernel that tfjs-core's own operation does not call: below
  Conv2DBackpropInput: [
    two((a, b) => tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, [1, 6, 6, 2], 2, 'same'), [1, 3, 3, 4], [3, 3, 2, 4]), // biome-ignore format: one line
  ],
  Dilation2D: [two((a, b) => tf.dilation2d(a as tf.Tensor4D, b as tf.Tensor3D, 1, 'same'), [1, 4, 4, 2], [2, 2, 2])],
  LRN: [one((x) => tf.localResponseNormalization(x as tf.Tensor4D, 2), undefined, [1, 2, 2, 6])],
  FusedBatchNorm: [
    {
      op: (x, mean, variance, offset, scale) =>
        tf.batchNorm4d(x as tf.Tensor4D, mean as tf.Tensor1D, tf.add(3, variance!) as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D), // biome-ignore format: one line
      shapes: [[2, 3, 2, 4], [4], [4], [4], [4]],
    },
  ],
}

/** The gradients of a weighted sum of the result, by the gradient that is registered. */
function gradients({ op, shapes, range = [-2, 2] }: Case): number[][] {
  const xs = shapes.map((shape, i) => numbers(shape, i, range))
  const loss: Op = (...ys) => {
    const y = op(...ys)
    return tf.sum(tf.mul(y, numbers(y.shape, 50, [-2, 2])))
  }
  return tf
    .grads(loss)(xs)
    .map((gradient, i) => {
      expect(gradient.shape).toEqual(shapes[i])
      return [...gradient.dataSync()]
    })
}

test('every gradient has a case', () => {
  expect(Object.keys(cases).sort()).toEqual(configs.map(({ kernelName }) => kernelName).sort())
})

test.each(configs)('$kernelName: the numbers of tfjs, to the last bit but one', (config) => {
  const { kernelName } = config
  for (const example of cases[kernelName]!) {
    tf.registerGradient(tfjs.get(kernelName)!)
    const expected = gradients(example)
    const gradFunc = vi.fn(config.gradFunc)
    tf.registerGradient({ ...config, gradFunc })
    const given = gradients(example)
    expect(gradFunc).toHaveBeenCalled()
    for (const [i, values] of expected.entries())
      for (const [j, x] of values.entries())
        expect(Math.abs(given[i]![j]! - x)).toBeLessThanOrEqual(2e-7 * Math.max(1, Math.abs(x)))
  }
})

test('that of the kernel LogSoftmax', () => {
  const ours = configs.find(({ kernelName }) => kernelName === 'LogSoftmax')!
  const [dy, y] = [numbers([3, 4], 1, [-1, 1]), tf.logSoftmax(numbers([3, 4], 2, [-2, 2]))]
  const [given, expected] = [ours, tfjs.get('LogSoftmax')!].map(({ gradFunc }) =>
    gradFunc(dy, [y], { axis: 1 }).logits!().dataSync(),
  )
  expect(given).toEqual(expected)
})
