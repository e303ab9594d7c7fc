import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement } from '../../testing/agreement.ts'
import { booleans, integers, lay, normal, operands, runs, seeds } from '../../testing/arbitraries.ts'
import { matrixKernels } from './matrix.ts'

test('matrices with given diagonals', () =>
  fc.assert(
    fc.asyncProperty(operands(0, 3), seeds, (x, seed) =>
      expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => [tf.diag(lay(a, x)), tf.diag(lay(i, x)), tf.diag(lay(b, x))],
        [normal(x, seed), integers(-9, 9, x, seed), booleans(x, seed)],
      ),
    ),
    runs(12),
  ))

/** As tfjs composes it, and as the kernel of that name. */
const band = (x: tf.Tensor, lower: number, upper: number): tf.Tensor =>
  tf.getBackend() === 'trace'
    ? tf.engine().runKernel('MatrixBandPart', {
        input: x,
        numLower: tf.scalar(lower, 'int32'),
        numUpper: tf.scalar(upper, 'int32'),
      })
    : tf.linalg.bandPart(x, lower, upper)

test('bands of matrices', () =>
  fc.assert(
    fc.asyncProperty(
      operands(2, 4),
      fc.integer({ min: -1, max: 4 }),
      fc.integer({ min: -1, max: 4 }),
      seeds,
      (x, lower, upper, seed) => {
        const [rows, columns] = x.shape.slice(-2) as [number, number]
        const [low, high] = [Math.min(lower, rows), Math.min(upper, columns)]
        return expectAgreement(
          (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => ({
            kernel: [a, i, b].map((t) => band(lay(t, x), low, high)),
            composed: tf.linalg.bandPart(lay(a, x), low, high),
          }),
          [normal(x, seed), integers(-9, 9, x, seed), booleans(x, seed)],
        )
      },
    ),
    runs(12),
  ))

test('no kernel is left out', () => {
  // No backend has it, and no operation calls it.
  expect(Object.keys(matrixKernels).filter((name) => !compared.has(name))).toEqual(['MatrixBandPart'])
})
