import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { integers, lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { poolKernels } from './pool.ts'

const side = fc.integer({ min: 3, max: 9 })
const small = fc.integer({ min: 1, max: 3 })
const images = fc.tuple(fc.integer({ min: 1, max: 2 }), side, side, small).chain(operand)
const volumes = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 3, max: 5 }), fc.integer({ min: 3, max: 5 }), side, small)
  .chain(operand)
const pairs = fc.tuple(small, small)
const paddings = fc.constantFrom<'same' | 'valid'>('same', 'valid')

type Pool = (x: tf.Tensor) => tf.Tensor

test('means and maxima of windows, with and without padding', () =>
  fc.assert(
    fc.asyncProperty(images, pairs, pairs, paddings, seeds, (x, size, strides, pad, seed) =>
      expectAgreement(
        (a: tf.Tensor, i: tf.Tensor) => {
          const image = lay<tf.Tensor4D>(a, x)
          return {
            mean: tf.avgPool(image, size, strides, pad),
            greatest: tf.maxPool(image, size, strides, pad),
            integers: tf.maxPool(lay<tf.Tensor4D>(i, x), size, strides, pad),
            whole: tf.avgPool(image, [image.shape[1], image.shape[2]], 1, 'valid'),
            // The last windows reach beyond the image.
            mostly: tf.avgPool(image, 2, 2, 0, 'ceil'),
            mostGreatest: tf.maxPool(image, 2, 2, 0, 'ceil'),
            // Some windows see nothing of the image.
            beyond: tf.maxPool(image, 1, 3, 1),
            place: tf.maxPoolWithArgmax(image, size, strides, pad),
            placeInBatch: tf.maxPoolWithArgmax(lay<tf.Tensor4D>(i, x), size, strides, pad, true),
          }
        },
        [normal(x, seed), integers(-9, 9, x, seed)],
      ),
    ),
    runs(20),
  ))

/** A mean by a sum and a count, whose gradient goes through windows without padding only, which tfjs has right. */
const meanOfPadded = (size: [number, number], strides: [number, number], pad: 'same' | 'valid'): Pool => {
  return (x) => {
    const [, height, width] = x.shape as [number, number, number, number]
    const ends = [height, width].map((n, k) => {
      const reach = Math.max(0, (Math.ceil(n / strides[k]!) - 1) * strides[k]! + size[k]! - n)
      return pad === 'valid' ? [0, 0] : [Math.floor(reach / 2), reach - Math.floor(reach / 2)]
    }) as [[number, number], [number, number]]
    const padded = (y: tf.Tensor) => tf.pad(y, [[0, 0], ...ends, [0, 0]])
    const mean = (y: tf.Tensor) => tf.avgPool(padded(y) as tf.Tensor4D, size, strides, 'valid')
    return tf.div(mean(x), mean(tf.onesLike(x)))
  }
}

test('gradients of windows that overlap, lie side by side or apart, and reach beyond the image', () =>
  fc.assert(
    fc.asyncProperty(images, pairs, pairs, paddings, seeds, async (x, size, strides, pad, seed) => {
      const gradient = (pool: Pool, t: tf.Tensor) => gradientsOf((y) => pool(lay(y, x)))(t)
      const greatest: Pool = (y) => tf.maxPool(y as tf.Tensor4D, size, strides, pad)
      const arrays = [normal(x, seed), integers(0, 3, x, seed)]
      await expectAgreement(
        (a: tf.Tensor, i: tf.Tensor) => ({
          // Among few different values several are the greatest.
          ties: gradient(greatest, tf.cast(i, 'float32')),
          greatest: gradient(greatest, a),
          valid: gradient((y) => tf.avgPool(y as tf.Tensor4D, size, strides, 'valid'), a),
        }),
        arrays,
      )
      const reference = meanOfPadded(size, strides, pad)
      const mean: Pool = (y) =>
        tf.getBackend() === 'trace' ? tf.avgPool(y as tf.Tensor4D, size, strides, pad) : reference(y)
      // The gradient of half of its squares: what the kernel makes of the mean itself.
      const halfOfSquares: Pool = (input) =>
        tf.getBackend() === 'trace'
          ? tf.engine().runKernel('AvgPoolGrad', { dy: mean(input), input }, { filterSize: size, strides, pad })
          : tf.grad((y) => tf.div(tf.sum(tf.square(reference(y))), 2))(input)
      await expectAgreement(
        (a: tf.Tensor) => ({
          value: mean(lay(a, x)),
          gradient: gradient(mean, a),
          kernel: halfOfSquares(lay(a, x)),
        }),
        arrays.slice(0, 1),
      )
    }),
    runs(20),
  ))

test('pools of volumes, and their gradients', () =>
  fc.assert(
    fc.asyncProperty(
      volumes,
      small,
      small,
      fc.tuple(small, small, small),
      paddings,
      seeds,
      (x, deep, wide, strides, pad, seed) => {
        // On the cpu backend the gradient of the maximum takes the width of windows for their height.
        const size: [number, number, number] = [deep, wide, wide]
        const greatest: Pool = (y) => tf.maxPool3d(y as tf.Tensor5D, size, strides, pad)
        const kernel = (input: tf.Tensor) => {
          const output = greatest(input)
          const given = { filterSize: size, strides, pad }
          return tf.engine().runKernel('MaxPool3DGrad', { dy: tf.mul(output, 2), input, output }, given)
        }
        const mean = (y: tf.Tensor, padding = pad) => tf.avgPool3d(y as tf.Tensor5D, size, strides, padding)
        return expectAgreement(
          (a: tf.Tensor, i: tf.Tensor) => {
            const gradient = (pool: Pool, t: tf.Tensor) => gradientsOf((y) => pool(lay(y, x)))(t)
            return {
              mean: mean(lay(a, x)),
              greatest: greatest(lay(a, x)),
              // The cpu backend makes float32 of them.
              integers: tf.cast(greatest(lay(i, x)), 'int32'),
              gradient: gradient(greatest, a),
              kernel: kernel(tf.cast(lay(i, x), 'float32')),
              ties: gradient(greatest, tf.cast(i, 'float32')),
              meanGradient: gradient((y) => mean(y, 'valid'), a),
            }
          },
          [normal(x, seed), integers(-2, 2, x, seed)],
        )
      },
    ),
    runs(15),
  ))

test('a gradient of another shape is refused', async () => {
  const [x, dy] = [5, 3].map((n) => normal({ shape: [1, n, n, 1], perm: [0, 1, 2, 3] }, 1))
  const given = { filterSize: [2, 2], strides: [2, 2], pad: 0 }
  const odd = (input: tf.Tensor, dy: tf.Tensor) =>
    tf.engine().runKernel('MaxPoolGrad', { dy, input, output: dy }, given) as tf.Tensor
  const { jit } = await import('../../jit.ts')
  await expect(jit(odd)(x!, dy!)).rejects.toThrow(
    "jit: 'MaxPoolGrad' cannot be traced: expected a gradient of shape [1,2,2,1], got [1,3,3,1]",
  )
})

test('no kernel is left out', () => {
  expect(Object.keys(poolKernels).filter((name) => !compared.has(name))).toEqual([])
})
