import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { convolution3DKernels } from './convolution-3d.ts'

const side = fc.integer({ min: 1, max: 3 })
const triple = fc.tuple(side, side, side)

const cases = fc
  .record({ n: fc.integer({ min: 1, max: 2 }), more: triple, size: triple, channels: fc.tuple(side, side) })
  .chain(({ n, more, size, channels }) =>
    fc.record({
      x: operand([n, ...size.map((s, i) => s + more[i]! - 1), channels[0]]),
      filter: operand([...size, ...channels]),
      strides: fc.tuple(...[1, 1, 1].map((min) => fc.integer({ min, max: 2 }))) as fc.Arbitrary<
        [number, number, number]
      >,
      pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
      seed: seeds,
    }),
  )

test('values and gradients for every size of volume and filter', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, filter, strides, pad, seed }) => {
      const op = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv3d(lay<tf.Tensor5D>(a, x), lay<tf.Tensor5D>(b, filter), strides, pad)
      return expectAgreement(
        (a: tf.Tensor, b: tf.Tensor) => ({ value: op(a, b), gradients: gradientsOf(op)(a, b) }),
        [normal(x, seed), normal(filter, seed, 'filter')],
        { tolerance: 2e-5 },
      )
    }),
    runs(25),
  ))

test('dilated filters, and transposed convolutions', () =>
  fc.assert(
    fc.asyncProperty(fc.constantFrom(1, 2), seeds, (stride, seed) =>
      expectAgreement(
        (x: tf.Tensor5D, filter: tf.Tensor5D) => ({
          dilated: tf.conv3d(x, filter, 1, 'same', 'NDHWC', 2),
          transposed: tf.conv3dTranspose(
            x,
            tf.transpose(filter, [0, 1, 2, 4, 3]),
            [2, 3 * stride, 4 * stride, 5 * stride, 4],
            stride,
            'same',
          ),
        }),
        [
          normal({ shape: [2, 3, 4, 5, 2], perm: [0, 1, 2, 3, 4] }, seed),
          normal({ shape: [2, 2, 3, 2, 4], perm: [0, 1, 2, 3, 4] }, seed, 'filter'),
        ],
        { tolerance: 2e-5 },
      ),
    ),
    runs(4),
  ))

test('no kernel is left out', () => {
  expect(Object.keys(convolution3DKernels).filter((name) => !compared.has(name))).toEqual([])
})
