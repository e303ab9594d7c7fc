import { float32 } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../testing/agreement.ts'
import { integers, lay, normal, operand, runs, seeds } from '../testing/arbitraries.ts'
import { poolKernels } from './pool.ts'

const images = fc
  .tuple(
    fc.integer({ min: 1, max: 2 }),
    fc.integer({ min: 3, max: 9 }),
    fc.integer({ min: 3, max: 9 }),
    fc.integer({ min: 1, max: 3 }),
  )
  .chain(operand)

const pairOf = (max: number) => fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }))

test('means and maxima of windows, with and without padding', () =>
  fc.assert(
    fc.asyncProperty(
      images,
      pairOf(3),
      pairOf(3),
      fc.constantFrom('same', 'valid'),
      seeds,
      (x, size, strides, pad, seed) =>
        expectAgreement(
          (a: tf.Tensor, i: tf.Tensor) => {
            const image = lay<tf.Tensor4D>(a, x)
            return {
              mean: tf.avgPool(image, size, strides, pad as 'same'),
              greatest: tf.maxPool(image, size, strides, pad as 'same'),
              integers: tf.maxPool(lay<tf.Tensor4D>(i, x), size, strides, pad as 'same'),
              whole: tf.avgPool(image, [image.shape[1], image.shape[2]], 1, 'valid'),
              // The last windows reach beyond the image.
              mostly: tf.avgPool(image, 2, 2, 0, 'ceil'),
              mostGreatest: tf.maxPool(image, 2, 2, 0, 'ceil'),
            }
          },
          [normal(x, seed), integers(-9, 9, x, seed)],
        ),
    ),
    runs(20),
  ))

test('gradients where windows lie side by side, rows and columns left over too', () =>
  fc.assert(
    fc.asyncProperty(images, pairOf(3), seeds, (x, size, seed) =>
      expectAgreement(
        (a: tf.Tensor, i: tf.Tensor) => {
          const gradient = (pool: typeof tf.avgPool, t: tf.Tensor) =>
            gradientsOf((y) => pool(lay<tf.Tensor4D>(y, x), size, size, 'valid'))(t)
          // Among few different values several are the greatest.
          return {
            mean: gradient(tf.avgPool, a),
            greatest: gradient(tf.maxPool, a),
            ties: gradient(tf.maxPool, tf.cast(i, 'float32')),
          }
        },
        [normal(x, seed), integers(0, 3, x, seed)],
      ),
    ),
    runs(20),
  ))

test('windows that overlap or reach beyond the image have no gradient', async () => {
  const x = float32(new Float32Array(25), [1, 5, 5, 1])
  const gradient = (pad: 'same' | 'valid', strides: number) =>
    expectAgreement(
      tf.grad((t) => tf.maxPool(t as tf.Tensor4D, 2, strides, pad)),
      [x],
    )
  await expect(gradient('valid', 1)).rejects.toThrow(
    "jit: 'MaxPoolGrad' cannot be traced: expected windows side by side without padding, got size 2,2, strides 1,1, pads 0,0,0,0",
  )
  await expect(gradient('same', 2)).rejects.toThrow('pads 0,0,1,1')
})

test('no kernel is left out', () => {
  expect(Object.keys(poolKernels).filter((name) => !compared.has(name))).toEqual([])
})
