import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu } from '../../lower/target.ts'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import {
  axis,
  booleans,
  integers,
  lay,
  normal,
  type Operand,
  operands,
  runs,
  seeds,
} from '../../testing/arbitraries.ts'
import { onnxOf } from '../../testing/onnx-of.ts'
import { reduceKernels } from './reduce.ts'

/** Some of an operand's axes, counted from either end; none at all too. */
const someAxes = (x: Operand): fc.Arbitrary<number[]> => {
  const rank = x.shape.length
  return fc
    .tuple(fc.subarray(x.shape.map((_, i) => i)), fc.boolean())
    .map(([axes, negative]) => (negative ? axes.map((i) => i - rank) : axes))
}

const cases = operands(1).chain((x) =>
  fc.record({
    x: fc.constant(x),
    axes: fc.oneof(someAxes(x), fc.constant(undefined)),
    one: axis(x.shape.length),
    keepDims: fc.boolean(),
    flag: fc.boolean(),
    seed: seeds,
  }),
)

type Reduction = (x: tf.Tensor, axes?: number[], keepDims?: boolean) => tf.Tensor
const differentiable: Record<string, Reduction> = {
  sum: tf.sum,
  mean: tf.mean,
  max: tf.max,
  min: tf.min,
  logSumExp: tf.logSumExp,
  prod: tf.prod,
}

test('values over every subset of axes, wherever the operand lies', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, axes, one, keepDims, flag, seed }) =>
      expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => {
          const front = one < 0 ? one + x.shape.length : one
          const [t, n, p] = [lay(a, x), lay(i, x), lay(b, x)]
          const reductions = (y: tf.Tensor) => ({
            ...Object.fromEntries(Object.entries(differentiable).map(([k, op]) => [k, op(y, axes, keepDims)])),
          })
          return {
            ...reductions(t),
            integers: { ...reductions(n), logSumExp: undefined },
            all: tf.all(p, axes, keepDims),
            any: tf.any(p, axes, keepDims),
            count: tf.sum(p, axes, keepDims),
            argMax: tf.argMax(n, one),
            argMin: tf.argMin(n, one),
            softmax: tf.softmax(t),
            logSoftmax: tf.logSoftmax(t),
            // The cpu backend takes no negative axis here.
            cumsum: tf.cumsum(t, front, flag, keepDims),
            cumsumOfIntegers: tf.cumsum(n, front, keepDims, flag),
          }
        },
        [normal(x, seed), integers(-3, 4, x, seed), booleans(x, seed)],
      ),
    ),
    runs(40),
  ))

test('gradients', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, axes, one, keepDims, flag, seed }) =>
      expectAgreement(
        (a: tf.Tensor) => {
          const gradient = (op: (y: tf.Tensor) => tf.Tensor) => gradientsOf((y) => op(lay(y, x)))(a)
          return {
            ...Object.fromEntries(
              Object.entries(differentiable).map(([k, op]) => [k, gradient((y) => op(y, axes, keepDims))]),
            ),
            softmax: gradient(tf.softmax),
            logSoftmax: gradient(tf.logSoftmax),
            cumsum: gradient((y) => tf.cumsum(y, one < 0 ? one + x.shape.length : one, flag, keepDims)),
          }
        },
        [normal(x, seed)],
        { tolerance: 1e-4 },
      ),
    ),
    runs(15),
  ))

test('a long sum stays accurate', () =>
  expectAgreement(
    (x: tf.Tensor) => ({ all: tf.mean(x), outer: tf.mean(x, [0, 1]), inner: tf.sum(x, [2]) }),
    [{ ...normal({ shape: [64, 32, 16], perm: [0, 1, 2] }, 3) }],
  ))

test('sums over the outermost axes are products with a row of ones, and move nothing', () => {
  const { nodes } = onnxOf(cpu, (x: tf.Tensor) => tf.sum(tf.transpose(x, [2, 0, 1]), [1, 2]), [[4, 5, 6]])
  expect(nodes.map((n) => n.opType).filter((op) => op !== 'Reshape')).toEqual(['MatMul'])
})

test('the kernel that tfjs names for the logarithm of softmax', () =>
  expectAgreement(
    (x: tf.Tensor) =>
      tf.getBackend() === 'trace' ? tf.engine().runKernel('LogSoftmax', { logits: x }, { axis: -1 }) : tf.logSoftmax(x),
    [normal({ shape: [3, 4, 5], perm: [0, 1, 2] }, 3)],
  ))

test('no kernel is left out', () => {
  // tfjs composes it itself.
  expect(Object.keys(reduceKernels).filter((name) => !compared.has(name))).toEqual(['LogSoftmax'])
})
