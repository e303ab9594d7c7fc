import { ndarray } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement } from '../../testing/agreement.ts'
import { between, integers, lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { cropAndResizeKernels } from './crop-and-resize.ts'

const side = fc.integer({ min: 1, max: 5 })
const images = fc.tuple(fc.integer({ min: 1, max: 3 }), side, side, fc.integer({ min: 1, max: 3 })).chain(operand)
const plain = (...shape: number[]) => ({ shape, perm: shape.map((_, i) => i) })

test('parts of images, also beyond their edges and turned over', () =>
  fc.assert(
    fc.asyncProperty(images, fc.integer({ min: 1, max: 4 }), fc.tuple(side, side), seeds, (x, boxes, size, seed) => {
      // The first one is the whole image, edges included.
      const corners = between(-0.3, 1.3, plain(boxes, 4), seed, 'boxes')
      corners.data.set([0, 0, 1, 1])
      return expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor2D, k: tf.Tensor1D) => {
          const [image, whole] = [lay<tf.Tensor4D>(a, x), lay<tf.Tensor4D>(i, x)]
          return {
            bilinear: tf.image.cropAndResize(image, b, k, size),
            nearest: tf.image.cropAndResize(image, b, k, size, 'nearest', 0.5),
            integers: tf.image.cropAndResize(whole, b, k, size, 'bilinear', -1),
          }
        },
        [
          normal(x, seed),
          integers(-9, 9, x, seed),
          ndarray(corners.data, [boxes, 4]),
          // One more than there are images: such a box stays 0.
          integers(0, x.shape[0]! + 1, plain(boxes), seed, 'k'),
        ],
      )
    }),
    runs(25),
  ))

test('no kernel is left out', () => {
  expect(Object.keys(cropAndResizeKernels).filter((name) => !compared.has(name))).toEqual([])
})
