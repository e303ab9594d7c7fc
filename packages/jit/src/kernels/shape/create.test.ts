import { float32 } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement } from '../../testing/agreement.ts'
import { lay, normal, operands, runs, seeds } from '../../testing/arbitraries.ts'
import { createKernels } from './create.ts'

test('tensors of one value', () =>
  fc.assert(
    fc.asyncProperty(operands(), fc.integer({ min: 1, max: 40 }), seeds, (x, more, seed) =>
      expectAgreement(
        (a: tf.Tensor) => {
          const t = lay(a, x)
          const shape = [more, ...x.shape]
          return {
            zeros: tf.zerosLike(t),
            ones: tf.onesLike(tf.cast(t, 'int32')),
            large: tf.fill(shape, -2.5),
            integers: tf.fill(shape, 3, 'int32'),
            booleans: tf.zerosLike(tf.cast(tf.fill(shape, 1), 'bool')),
            used: tf.add(t, tf.fill(shape, 0.5)),
            onesOfThem: tf.onesLike(tf.fill(shape, 7)),
          }
        },
        [normal(x, seed)],
      ),
    ),
    runs(10),
  ))

test('ranges', () =>
  expectAgreement(
    (x: tf.Tensor) => ({
      x,
      up: tf.range(2, 9, 2),
      down: tf.range(5, 0),
      steps: tf.range(5, -3, -2, 'int32'),
      fractions: tf.range(0, 1, 0.3),
      space: tf.linspace(-1, 2, 7),
      point: tf.linspace(3, 9, 1),
      used: tf.mul(x, tf.range(0, 100)),
      eye: tf.eye(3),
    }),
    [float32(Float32Array.from({ length: 100 }, (_, i) => i / 7))],
  ))

test('constants of every type, with values that compare equal but are not', () =>
  expectAgreement(
    (x: tf.Tensor) => ({
      floats: tf.add(x, tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, 1e-40])),
      zeros: [tf.div(x, tf.scalar(0)), tf.div(x, tf.scalar(-0)), tf.div(x, tf.fill([3], -0)), tf.div(x, tf.zeros([3]))],
      integers: tf.tensor1d([1, -(2 ** 31)], 'int32'),
      booleans: tf.tensor2d([true, false], [1, 2], 'bool'),
      nested: tf.tensor([
        [1, 2],
        [3, 4],
      ]),
    }),
    [float32([1, 2, 3])],
  ))

test('no kernel is left out', () => {
  // Of constants tfjs has no kernel.
  const missing = Object.keys(createKernels).filter((name) => !compared.has(name))
  expect(missing).toEqual(['Constant', 'Splat'])
})
