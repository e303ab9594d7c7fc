import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import {
  axis,
  booleans,
  dimension,
  integers,
  lay,
  normal,
  operand,
  operands,
  runs,
  seeds,
  shapes,
} from '../../testing/arbitraries.ts'
import { gatherKernels } from './gather.ts'

const cases = operands(1).chain((x) =>
  fc.record({ x: fc.constant(x), indices: shapes(0, 2).chain(operand), along: axis(x.shape.length), seed: seeds }),
)

test('gathers along each axis, and their gradients', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, indices, along, seed }) =>
      expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor, k: tf.Tensor) => {
          const where = lay(k, indices)
          return {
            floats: tf.gather(lay(a, x), where, along),
            integers: tf.gather(lay(i, x), where, along),
            booleans: tf.gather(lay(b, x), where, along),
            // tfjs's gradient wants an axis counted from the front.
            gradient: gradientsOf((t) => tf.gather(lay(t, x), where, along < 0 ? along + x.shape.length : along))(a),
          }
        },
        [
          normal(x, seed),
          integers(-9, 9, x, seed),
          booleans(x, seed),
          integers(0, x.shape.at(along) as number, indices, seed, 'indices'),
        ],
      ),
    ),
    runs(),
  ))

test('one-hot rows, also of indices outside', () =>
  fc.assert(
    fc.asyncProperty(shapes(0, 3).chain(operand), fc.integer({ min: 2, max: 5 }), seeds, (indices, depth, seed) =>
      expectAgreement(
        (k: tf.Tensor) => ({
          floats: tf.oneHot(lay(k, indices), depth),
          integers: tf.oneHot(lay(k, indices), depth, 7, -7, 'int32'),
          booleans: tf.oneHot(lay(k, indices), depth, 1, 0, 'bool'),
        }),
        [integers(-2, depth + 2, indices, seed)],
      ),
    ),
    runs(10),
  ))

test('sums of segments, and their gradients', () =>
  fc.assert(
    fc.asyncProperty(operands(1), dimension, seeds, (x, segments, seed) =>
      expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, ids: tf.Tensor1D) => ({
          floats: tf.unsortedSegmentSum(lay(a, x), ids, segments),
          // The cpu backend makes float32 of them.
          integers: tf.cast(tf.unsortedSegmentSum(lay(i, x), ids, segments), 'int32'),
          gradient: gradientsOf((t) => tf.unsortedSegmentSum(lay(t, x), ids, segments))(a),
        }),
        [
          normal(x, seed),
          integers(-9, 9, x, seed),
          // Negative ones count nowhere.
          integers(-1, segments, { shape: [x.shape[0] as number], perm: [0] }, seed, 'ids'),
        ],
      ),
    ),
    runs(15),
  ))

/** Leading axes that indices share with the operand, and an axis after them. */
const batches = shapes(2, 4).chain((shape) =>
  fc.nat(shape.length - 1).chain((batchDims) =>
    fc.integer({ min: batchDims, max: shape.length - 1 }).chain((along) =>
      fc.record({
        x: operand(shape),
        indices: shapes(0, 2).chain((more) => operand([...shape.slice(0, batchDims), ...more])),
        along: fc.constant(along),
        batchDims: fc.constant(batchDims),
        seed: seeds,
      }),
    ),
  ),
)

test('gathers within batches', () =>
  fc.assert(
    fc.asyncProperty(batches, ({ x, indices, along, batchDims, seed }) =>
      expectAgreement(
        (a: tf.Tensor, b: tf.Tensor, k: tf.Tensor) => ({
          floats: tf.gather(lay(a, x), lay(k, indices), along, batchDims),
          booleans: tf.gather(lay(b, x), lay(k, indices), along, batchDims),
        }),
        [normal(x, seed), booleans(x, seed), integers(0, x.shape[along]!, indices, seed, 'indices')],
      ),
    ),
    runs(20),
  ))

test('gathers of elements and of parts', () =>
  fc.assert(
    fc.asyncProperty(
      operands(1, 4).chain((x) =>
        fc.record({
          x: fc.constant(x),
          axes: fc.integer({ min: 1, max: x.shape.length }),
          outer: shapes(0, 2),
          seed: seeds,
        }),
      ),
      ({ x, axes, outer, seed }) => {
        const plain = { shape: outer, perm: outer.map((_, i) => i) }
        const columns = x.shape.slice(0, axes).map((d, i) => integers(0, d, plain, seed, `axis ${i}`))
        return expectAgreement(
          (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor, ...at: tf.Tensor[]) => {
            const places = tf.stack(at, outer.length)
            return [a, i, b].map((t) => tf.gatherND(lay(t, x), places))
          },
          [normal(x, seed), integers(-9, 9, x, seed), booleans(x, seed), ...columns],
        )
      },
    ),
    runs(15),
  ))

test('many segments', () => {
  const plain = (...shape: number[]) => ({ shape, perm: shape.map((_, i) => i) })
  return expectAgreement(
    (x: tf.Tensor, ids: tf.Tensor1D) => tf.unsortedSegmentSum(x, ids, 300),
    [normal(plain(400, 2), 1), integers(-1, 310, plain(400), 1)],
  )
})

test('no kernel is left out', () => {
  expect(Object.keys(gatherKernels).filter((name) => !compared.has(name))).toEqual([])
})
