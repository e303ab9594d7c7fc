import { int32, ndarray } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jit } from '../../jit.ts'
import { compared, expectAgreement } from '../../testing/agreement.ts'
import { integers, lay, normal, operands, regrouped, runs, seeds, shapes } from '../../testing/arbitraries.ts'
import { sparseKernels } from './sparse.ts'

test('sums and means of rows by segments, some of them empty', () =>
  fc.assert(
    fc.asyncProperty(operands(1, 3), fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }), seeds, (x, gaps, seed) => {
      let id = -1
      // In order, with gaps.
      const ids = gaps.map((gap, i) => (id += i === 0 ? gap + 1 : gap))
      const segments = () => tf.tensor1d(ids, 'int32')
      return expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, k: tf.Tensor1D) => ({
          sums: tf.sparse.sparseSegmentSum(lay(a, x), k, segments()),
          means: tf.sparse.sparseSegmentMean(lay(a, x), k, segments()),
          integers: tf.sparse.sparseSegmentSum(lay(i, x), k, segments()),
        }),
        [
          normal(x, seed),
          integers(-9, 9, x, seed),
          integers(0, x.shape[0]!, { shape: [ids.length], perm: [0] }, seed, 'indices'),
        ],
      )
    }),
    runs(15),
  ))

test('segments that are not known while tracing are refused', () =>
  expect(
    jit((x: tf.Tensor, ids: tf.Tensor1D) => tf.sparse.sparseSegmentSum(x, ids, ids))(
      normal({ shape: [2, 3], perm: [0, 1] }, 1),
      int32([0, 1]),
    ),
  ).rejects.toThrow("jit: 'SparseSegmentSum' cannot be traced: expected segment ids that are known while tracing"))

test('sparse tensors of another shape', () =>
  fc.assert(
    fc.asyncProperty(
      shapes(1, 4).chain((from) =>
        fc.record({ from: fc.constant(from), to: regrouped(from), at: fc.nat(), seed: seeds }),
      ),
      ({ from, to, at, seed }) => {
        const target = to.length === 0 ? [1] : to
        // One length may be left open.
        const asked = target.map((d, i) => (i === at % (target.length + 1) ? -1 : d))
        const n = 5
        const columns = from.map((d, i) => rng(seed).fold(i).integers([n], 0, d).data)
        const places = Int32Array.from(
          { length: n * from.length },
          (_, i) => columns[i % from.length]![Math.floor(i / from.length)]!,
        )
        return expectAgreement(
          (k: tf.Tensor2D, s: tf.Tensor1D, t: tf.Tensor1D) => tf.sparse.sparseReshape(k, s, t),
          [ndarray(places, [n, from.length]), int32(from), int32(asked)],
        )
      },
    ),
    runs(20),
  ))

test('no kernel is left out', () => {
  expect(Object.keys(sparseKernels).filter((name) => !compared.has(name))).toEqual([])
})
