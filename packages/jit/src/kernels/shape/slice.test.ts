import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { booleans, integers, lay, normal, operands, runs, seeds } from '../../testing/arbitraries.ts'
import { graphOf } from '../../testing/onnx-of.ts'
import { sliceKernels } from './slice.ts'

const cases = operands(1).chain((x) => {
  const ranges = fc.tuple(...x.shape.map((d) => fc.tuple(fc.nat(d - 1), fc.nat(d - 1), fc.integer({ min: 1, max: 3 }))))
  return fc.record({
    x: fc.constant(x),
    ranges: ranges.map((list) => list.map(([a, b, step]) => ({ from: Math.min(a, b), to: Math.max(a, b), step }))),
    dims: fc.subarray(x.shape.map((_, i) => i)),
    seed: seeds,
  })
})

test('values and gradients, wherever the operand lies', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, ranges, dims, seed }) => {
      const begin = ranges.map((r) => r.from)
      const size = ranges.map((r) => r.to - r.from + 1)
      const end = ranges.map((r) => r.to + 1)
      const rank = x.shape.length
      const ops: Record<string, (t: tf.Tensor) => tf.Tensor> = {
        slice: (t) => tf.slice(t, begin, size),
        toTheEnd: (t) => tf.slice(t, begin[0]!),
        reverse: (t) => tf.reverse(t, dims),
        reverseLast: (t) => tf.reverse(t, -1),
      }
      const steps = ranges.map((r) => r.step)
      const strided: Record<string, (t: tf.Tensor) => tf.Tensor> = {
        strided: (t) => tf.stridedSlice(t, begin, end, steps),
        backwards: (t) =>
          tf.stridedSlice(
            t,
            ranges.map((r) => r.to),
            begin.map((b) => b - 1 - (b === 0 ? 2 * x.shape.length + 8 : 0)),
            steps.map((s) => -s),
          ),
        masked: (t) => tf.stridedSlice(t, begin, end, steps, 1, 2),
        shrunk: (t) =>
          tf.stridedSlice(
            t,
            begin,
            end,
            steps.map(() => 1),
            0,
            0,
            0,
            0,
            1,
          ),
        grown: (t) => tf.stridedSlice(t, [0, ...begin], [1, ...end], [1, ...steps], 0, 0, 0, 1, 0),
        rest: (t) => tf.stridedSlice(t, [begin[rank - 1]!, 0].slice(0, 1), [end[rank - 1]!], [1]),
      }
      const apply = (t: tf.Tensor) =>
        Object.fromEntries(Object.entries({ ...ops, ...strided }).map(([name, op]) => [name, op(lay(t, x))]))
      return expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => ({
          values: apply(a),
          integers: apply(i),
          booleans: apply(b),
          // tfjs has no gradient of a strided slice.
          gradients: Object.fromEntries(
            Object.entries(ops).map(([name, op]) => [name, gradientsOf((t) => op(lay(t, x)))(a)]),
          ),
        }),
        [normal(x, seed), integers(-9, 9, x, seed), booleans(x, seed)],
      )
    }),
    runs(25),
  ))

test('a slice of everything is none', () => {
  expect(graphOf((x: tf.Tensor) => tf.slice(x, [0, 0], [2, -1]), [[2, 3]]).nodes).toEqual([])
})

test('no kernel is left out', () => {
  expect(Object.keys(sliceKernels).filter((name) => !compared.has(name))).toEqual([])
})
