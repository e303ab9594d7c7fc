import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu } from '../../lower/target.ts'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { booleans, integers, lay, normal, operands, regrouped, runs, seeds } from '../../testing/arbitraries.ts'
import { graphOf, onnxOf } from '../../testing/onnx-of.ts'
import { reshapeKernels } from './reshape.ts'

const cases = operands().chain((x) =>
  fc.record({
    x: fc.constant(x),
    to: regrouped(x.shape),
    perm: fc.shuffledSubarray(
      x.shape.map((_, i) => i),
      { minLength: x.shape.length },
    ),
    at: fc.integer({ min: -x.shape.length - 1, max: x.shape.length }),
    seed: seeds,
  }),
)

test('values and gradients, wherever the operand lies', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, to, perm, at, seed }) => {
      const ops: Record<string, (t: tf.Tensor) => tf.Tensor> = {
        reshape: (t) => tf.reshape(t, to),
        inferred: (t) => tf.reshape(t, [...to.slice(0, -1), -1]),
        flat: (t) => tf.reshape(t, [-1]),
        squeezed: (t) => tf.squeeze(t),
        expanded: (t) => tf.expandDims(t, at),
        transposed: (t) => tf.transpose(t, perm),
        // Elementwise work in the layout that a reshape left.
        after: (t) => tf.add(tf.reshape(t, to), tf.reshape(tf.neg(tf.transpose(t, perm)), to)),
      }
      const apply = (t: tf.Tensor) => Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, op(lay(t, x))]))
      return expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => ({
          values: apply(a),
          integers: apply(i),
          booleans: { ...apply(tf.cast(b, 'int32')), reshape: tf.reshape(lay(b, x), to) },
          gradients: Object.fromEntries(
            Object.entries(ops).map(([name, op]) => [name, gradientsOf((t) => op(lay(t, x)))(a)]),
          ),
        }),
        [normal(x, seed), integers(-9, 9, x, seed), booleans(x, seed)],
      )
    }),
    runs(25),
  ))

test('a reshape of a reshape is one, and one to the same shape none', () => {
  const ops = (fn: (x: tf.Tensor) => tf.Tensor) => graphOf(fn, [[2, 6]]).nodes.map((node) => node.op)
  expect(ops((x) => tf.reshape(tf.reshape(x, [3, 4]), [12]))).toEqual(['Reshape'])
  expect(ops((x) => tf.reshape(tf.reshape(x, [3, 4]), [2, 6]))).toEqual([])
})

test('axes that lie together are merged and split where they lie', () => {
  // [2, 3, 4, 5] in memory; the operation sees [4, 5, 2, 3] and asks for [20, 6].
  const fn = (x: tf.Tensor) => tf.exp(tf.reshape(tf.transpose(x, [2, 3, 0, 1]), [20, 6]))
  const { nodes } = onnxOf(cpu, (x: tf.Tensor) => tf.transpose(fn(x)), [[2, 3, 4, 5]])
  expect(nodes.map((n) => n.opType)).toEqual(['Reshape', 'Exp'])
})

test('no kernel is left out', () => {
  expect(Object.keys(reshapeKernels).filter((name) => !compared.has(name))).toEqual([])
})
