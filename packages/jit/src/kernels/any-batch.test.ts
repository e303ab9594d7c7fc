import * as tf from '@tensorflow/tfjs-core'
import { describe, test } from 'vitest'
import { expectAnyBatch, normals, weights } from '../testing/any-batch.ts'

type Op = (x: tf.Tensor) => tf.Tensor

/** Values and gradients for any number of images or volumes. */
const withGradients = (op: Op) => (x: tf.Tensor) => ({
  value: op(x),
  gradient: tf.grad((y: tf.Tensor) => tf.sum(tf.square(op(y))))(x),
})

describe('one program for all batch sizes', () => {
  const images: Record<string, Op> = {
    'depthwise convolutions': (x) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, weights(1, 3, 3, 4, 2) as tf.Tensor4D, 2, 'same'),
    'maxima of windows that overlap': (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'),
    'means of windows that overlap': (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, 'valid'),
    'grey-scale dilations': (x) => tf.dilation2d(x as tf.Tensor4D, weights(1, 2, 2, 4) as tf.Tensor3D, 1, 'same'),
    'local response normalisation': (x) => tf.localResponseNormalization(x as tf.Tensor4D, 2),
    'blocks of pixels': (x) => tf.depthToSpace(x as tf.Tensor4D, 2),
    einsum: (x) => tf.einsum('bhwc,ck->bhwk', x, weights(1, 4, 3)),
    'the greatest': (x) => tf.topk(x, 2).values,
    'products of neighbours': (x) => tf.prod(x, 3),
  }
  test.each(Object.keys(images))('%s', (name) =>
    expectAnyBatch(withGradients(images[name]!), normals([6, 7, 4]), { tolerance: 5e-5 }),
  )

  test('three-dimensional convolutions and pools', () =>
    expectAnyBatch(
      withGradients((x) =>
        tf.maxPool3d(tf.conv3d(x as tf.Tensor5D, weights(1, 2, 3, 2, 2, 3) as tf.Tensor5D, 1, 'same'), 2, 2, 'valid'),
      ),
      normals([4, 4, 6, 2]),
      { tolerance: 5e-5 },
    ))

  test('images through transforms', () =>
    expectAnyBatch((x) => tf.image.rotateWithOffset(x as tf.Tensor4D, 0.5), normals([6, 7, 3])))

  test('Fourier transforms', () => expectAnyBatch((x) => tf.abs(tf.rfft(x as tf.Tensor2D)), normals([6])))

  test('gathers within batches', () =>
    expectAnyBatch(
      withGradients((x) => tf.gather(x, tf.argMax(x, 2), 2, 1)),
      normals([3, 5]),
    ))
})
