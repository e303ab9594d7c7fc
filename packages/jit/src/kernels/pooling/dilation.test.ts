import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { integers, lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { dilationKernels } from './dilation.ts'

const side = fc.integer({ min: 1, max: 3 })

const cases = fc
  .record({ n: fc.integer({ min: 1, max: 2 }), more: fc.tuple(side, side), size: fc.tuple(side, side), channels: side })
  .chain(({ n, more, size, channels }) =>
    fc.record({
      x: operand([n, 2 * size[0] + more[0], 2 * size[1] + more[1], channels]),
      filter: operand([...size, channels]),
      strides: fc.tuple(side, side),
      dilations: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
      pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
      seed: seeds,
    }),
  )

test('grey-scale dilations, and their gradients', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, filter, strides, dilations, pad, seed }) => {
      const [s, d]: [[number, number], [number, number]] = [strides, strides.some((n) => n > 1) ? [1, 1] : dilations]
      const op = (a: tf.Tensor, b: tf.Tensor) =>
        tf.dilation2d(lay<tf.Tensor4D>(a, x), lay<tf.Tensor3D>(b, filter), s, pad, d)
      return expectAgreement(
        (a: tf.Tensor, b: tf.Tensor, i: tf.Tensor, k: tf.Tensor) => ({
          value: op(a, b),
          gradients: gradientsOf(op)(a, b),
          // Among few different values several are the greatest.
          ties: gradientsOf(op)(tf.cast(i, 'float32'), tf.cast(k, 'float32')),
          integers: op(i, k),
        }),
        [normal(x, seed), normal(filter, seed, 'filter'), integers(-2, 2, x, seed), integers(-1, 1, filter, seed, 'k')],
      )
    }),
    runs(25),
  ))

test('no kernel is left out', () => {
  expect(Object.keys(dilationKernels).filter((name) => !compared.has(name))).toEqual([])
})
