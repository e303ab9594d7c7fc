import { ndarray } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement } from '../../testing/agreement.ts'
import { between, lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { transformKernels } from './transform.ts'

const side = fc.integer({ min: 1, max: 5 })
const images = fc.tuple(fc.integer({ min: 1, max: 2 }), side, side, fc.integer({ min: 1, max: 5 })).chain(operand)

type Transforms = [image: tf.Tensor4D, transforms: tf.Tensor2D]

/** On the cpu backend one image at a time: it only transforms the first of a batch. */
const transformed = (
  [image, transforms]: Transforms,
  ...rest: [
    interpolation: 'nearest' | 'bilinear',
    fillMode: 'constant' | 'reflect' | 'wrap' | 'nearest',
    fill: number,
    size: [number, number],
  ]
): tf.Tensor => {
  if (tf.getBackend() === 'trace') return tf.image.transform(image, transforms, ...rest)
  const own = (i: number) => tf.slice(transforms, [transforms.shape[0] === 1 ? 0 : i, 0], [1, 8])
  return tf.concat(
    tf.split(image, image.shape[0], 0).map((part, i) => tf.image.transform(part as tf.Tensor4D, own(i), ...rest)),
    0,
  )
}

test('images through projective transforms, filled in every way', () =>
  fc.assert(
    fc.asyncProperty(images, fc.tuple(side, side), fc.boolean(), seeds, (x, size, shared, seed) => {
      const matrices = shared ? 1 : x.shape[0]!
      const numbers = between(-1.5, 1.5, { shape: [matrices, 8], perm: [0, 1] }, seed, 'transforms').data
      // Some images stay as they are, and some have places at infinity.
      numbers.set([1, 0, 0, 0, 1, 0, seed % 2, -1].map((v, i) => (i < 6 ? v : i === 6 ? v : v / 2)))
      return expectAgreement(
        (a: tf.Tensor, t: tf.Tensor2D) =>
          (['nearest', 'bilinear'] as const).flatMap((interpolation) =>
            (['constant', 'reflect', 'wrap', 'nearest'] as const).map((mode) =>
              transformed([lay<tf.Tensor4D>(a, x), t], interpolation, mode, 0.5, size),
            ),
          ),
        [normal(x, seed), ndarray(numbers, [matrices, 8])],
      )
    }),
    runs(25),
  ))

test('turned images, about any point and filled by channel', () =>
  fc.assert(
    fc.asyncProperty(
      images,
      between01(),
      fc.double({ min: -7, max: 7, noNaN: true }),
      seeds,
      (x, center, radians, seed) =>
        expectAgreement(
          (a: tf.Tensor) => ({
            plain: tf.image.rotateWithOffset(lay<tf.Tensor4D>(a, x), radians),
            filled: tf.image.rotateWithOffset(lay<tf.Tensor4D>(a, x), radians, 0.5, center),
            ...(x.shape[3]! <= 4 && {
              coloured: tf.image.rotateWithOffset(lay<tf.Tensor4D>(a, x), radians, [1, 2, 3], center[0]),
            }),
          }),
          [normal(x, seed)],
        ),
    ),
    runs(15),
  ))

function between01() {
  const part = fc.double({ min: 0, max: 1, noNaN: true })
  return fc.tuple(part, part)
}

test('no kernel is left out', () => {
  expect(Object.keys(transformKernels).filter((name) => !compared.has(name))).toEqual([])
})
