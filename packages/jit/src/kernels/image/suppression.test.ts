import { ndarray } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jit } from '../../jit.ts'
import { compared, expectAgreement } from '../../testing/agreement.ts'
import { between, integers, runs, seeds } from '../../testing/arbitraries.ts'
import { suppressionKernels } from './suppression.ts'

const plain = (...shape: number[]) => ({ shape, perm: shape.map((_, i) => i) })

test('the best of boxes that overlap', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(0, 0.25, 0.5, 1),
      fc.constantFrom(Number.NEGATIVE_INFINITY, 0.3),
      seeds,
      (n, most, overlap, least, seed) => {
        // On a coarse grid many boxes and scores are equal, and overlaps are exactly as large as the threshold.
        const coarse = integers(0, 5, plain(n, 4), seed, 'boxes').data
        const scores = integers(0, 5, plain(n), seed, 'scores').data
        return expectAgreement(
          (b: tf.Tensor2D, s: tf.Tensor1D) => ({
            ...tf.image.nonMaxSuppressionPadded(b, s, most, overlap, least, true),
          }),
          [
            ndarray(Float32Array.from(coarse), [n, 4]),
            ndarray(
              Float32Array.from(scores, (x) => x / 4),
              [n],
            ),
          ],
        )
      },
    ),
    runs(40),
  ))

test('without padding the shape would depend on values', () =>
  expect(
    jit((b: tf.Tensor2D, s: tf.Tensor1D) => ({ ...tf.image.nonMaxSuppressionPadded(b, s, 3) }))(
      between(0, 1, plain(5, 4), 1),
      between(0, 1, plain(5), 1),
    ),
  ).rejects.toThrow("jit: 'NonMaxSuppressionV4' cannot be traced: expected padToMaxOutputSize"))

test('no kernel is left out', () => {
  expect(Object.keys(suppressionKernels).filter((name) => !compared.has(name))).toEqual([])
})
