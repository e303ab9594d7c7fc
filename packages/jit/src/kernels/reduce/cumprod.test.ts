import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement } from '../../testing/agreement.ts'
import { between, booleans, integers, lay, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { cumprodKernels } from './cumprod.ts'

const cases = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 })
  .chain((shape) => fc.record({ x: operand(shape), axis: fc.nat(shape.length - 1), seed: seeds }))

test('products of all elements up to each, or of those before it', () =>
  fc.assert(
    fc.asyncProperty(cases, fc.boolean(), fc.boolean(), ({ x, axis, seed }, exclusive, reverse) =>
      expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => ({
          floats: tf.cumprod(lay(a, x), axis, exclusive, reverse),
          integers: tf.cumprod(lay(i, x), axis, exclusive, reverse),
          booleans: tf.cumprod(lay(b, x), axis, exclusive, reverse),
        }),
        [between(-2, 2, x, seed), integers(-3, 4, x, seed), booleans(x, seed)],
      ),
    ),
    runs(20),
  ))

test('no kernel is left out', () => {
  expect(Object.keys(cumprodKernels).filter((name) => !compared.has(name))).toEqual([])
})
