import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { lay, normal, operands, runs, seeds } from '../../testing/arbitraries.ts'
import { localResponseKernels } from './local-response.ts'

test('local response normalisation, and its gradient', () =>
  fc.assert(
    fc.asyncProperty(operands(4, 4), fc.nat(3), seeds, (x, radius, seed) => {
      const op = (a: tf.Tensor) => tf.localResponseNormalization(lay<tf.Tensor4D>(a, x), radius, 1.5, 0.7, 0.6)
      return expectAgreement((a: tf.Tensor) => ({ value: op(a), gradients: gradientsOf(op)(a) }), [normal(x, seed)])
    }),
    runs(15),
  ))

test('no kernel is left out', () => {
  expect(Object.keys(localResponseKernels).filter((name) => !compared.has(name))).toEqual([])
})
