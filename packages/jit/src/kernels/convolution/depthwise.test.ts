import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { depthwiseKernels } from './depthwise.ts'

const side = fc.integer({ min: 1, max: 4 })

const cases = fc
  .record({
    n: fc.integer({ min: 1, max: 2 }),
    more: fc.tuple(fc.nat(4), fc.nat(4)),
    size: fc.tuple(side, side),
    channels: side,
    each: side,
    stride: fc.integer({ min: 1, max: 2 }),
    pad: fc.constantFrom<'same' | 'valid'>('same', 'valid'),
    seed: seeds,
  })
  .chain(({ n, more, size, channels, each, ...rest }) =>
    fc.record({
      ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, fc.constant(value)])),
      x: operand([n, size[0] + more[0], size[1] + more[1], channels]),
      filter: operand([...size, channels, each]),
    }),
  ) as fc.Arbitrary<{
  stride: number
  pad: 'same' | 'valid'
  seed: number
  x: { shape: number[]; perm: number[] }
  filter: { shape: number[]; perm: number[] }
}>

test('values and gradients for every size of image and filter', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ stride, pad, seed, x, filter }) => {
      const op = (a: tf.Tensor, b: tf.Tensor) =>
        tf.depthwiseConv2d(lay<tf.Tensor4D>(a, x), lay<tf.Tensor4D>(b, filter), stride, pad)
      return expectAgreement(
        (a: tf.Tensor, b: tf.Tensor) => ({ value: op(a, b), gradients: gradientsOf(op)(a, b) }),
        [normal(x, seed), normal(filter, seed, 'filter')],
        { tolerance: 2e-5 },
      )
    }),
    runs(30),
  ))

test('dilated filters, and separable convolutions', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ pad, seed, x, filter }) => {
      const wide = { ...x, shape: x.shape.map((d, i) => (i === 1 || i === 2 ? d + 4 : d)) }
      return expectAgreement(
        (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor4D) => {
          const image = lay<tf.Tensor4D>(a, wide)
          const weights = lay<tf.Tensor4D>(b, filter)
          return {
            dilated: tf.depthwiseConv2d(image, weights, 1, pad, 'NHWC', 2),
            separable: tf.separableConv2d(image, weights, c, 1, pad),
          }
        },
        [
          normal(wide, seed),
          normal(filter, seed, 'filter'),
          normal({ shape: [1, 1, filter.shape[2]! * filter.shape[3]!, 3], perm: [0, 1, 2, 3] }, seed, 'points'),
        ],
        { tolerance: 2e-5 },
      )
    }),
    runs(10),
  ))

test('no kernel is left out', () => {
  expect(Object.keys(depthwiseKernels).filter((name) => !compared.has(name))).toEqual([])
})
