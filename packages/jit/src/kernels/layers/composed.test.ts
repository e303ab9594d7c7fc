import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { between, normal, type Operand, runs, seeds } from '../../testing/arbitraries.ts'
import { graphOf } from '../../testing/onnx-of.ts'
import { composedKernels } from './composed.ts'

const plain = (...shape: number[]): Operand => ({ shape, perm: shape.map((_, i) => i) })
const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const

test('products and convolutions with bias and activation', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...activations),
      fc.boolean(),
      fc.boolean(),
      seeds,
      (activation, biased, transposeB, seed) =>
        expectAgreement(
          (
            a: tf.Tensor2D,
            b: tf.Tensor2D,
            x: tf.Tensor4D,
            filter: tf.Tensor4D,
            bias: tf.Tensor1D,
            alpha: tf.Tensor1D,
            depthwise: tf.Tensor4D,
          ) => {
            const common = {
              activation,
              leakyreluAlpha: 0.3,
              ...(biased && { bias }),
              ...(activation === 'prelu' && { preluActivationWeights: alpha }),
            }
            // Five channels, as many as biases.
            const x5 = tf.concat([x, tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 2])], 3) as tf.Tensor4D
            const product = (left: tf.Tensor2D, right: tf.Tensor2D) =>
              tf.fused.matMul({ a: left, b: transposeB ? tf.transpose(right) : right, transposeB, ...common })
            return {
              product: product(a, b),
              convolution: tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', ...common }),
              depthwise: tf.fused.depthwiseConv2d({ x: x5, filter: depthwise, strides: 1, pad: 'same', ...common }),
              ...(activation === 'linear' && { gradients: gradientsOf(product)(a, b) }),
            }
          },
          [
            normal(plain(3, 4), seed, 'a'),
            normal(plain(4, 5), seed, 'b'),
            normal(plain(2, 6, 5, 3), seed, 'x'),
            normal(plain(3, 3, 3, 5), seed, 'filter'),
            normal(plain(5), seed, 'bias'),
            normal(plain(5), seed, 'alpha'),
            normal(plain(3, 3, 5, 1), seed, 'depthwise'),
          ],
        ),
    ),
    runs(20),
  ))

test('batch normalisation, and its gradients', () =>
  fc.assert(
    fc.asyncProperty(fc.boolean(), fc.boolean(), seeds, (scaled, shifted, seed) =>
      expectAgreement(
        (x: tf.Tensor4D, mean: tf.Tensor1D, variance: tf.Tensor1D, scale: tf.Tensor1D, offset: tf.Tensor1D) => {
          const norm = (...[t, m, v, s, o]: [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]) =>
            tf.batchNorm(t, m, v, shifted ? o : undefined, scaled ? s : undefined, 1e-3)
          return {
            value: norm(x, mean, variance, scale, offset),
            ...(scaled && shifted && { gradients: gradientsOf(norm)(x, mean, variance, scale, offset) }),
          }
        },
        [
          normal(plain(2, 3, 4, 5), seed, 'x'),
          normal(plain(5), seed, 'mean'),
          between(0.2, 2, plain(5), seed, 'variance'),
          normal(plain(5), seed, 'scale'),
          normal(plain(5), seed, 'offset'),
        ],
        { tolerance: 1e-4 },
      ),
    ),
    runs(8),
  ))

test('only the parts are recorded', () => {
  const fn = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.fused.matMul({ a, b, activation: 'relu' })
  const ops = graphOf(fn, [
    [2, 3],
    [3, 4],
  ]).nodes.map((node) => node.op)
  expect(ops.filter((op) => op !== 'Reshape')).toEqual(['BatchMatMul', 'Relu'])
})

test('no kernel is left out', () => {
  expect(Object.keys(composedKernels).filter((name) => !compared.has(name))).toEqual([])
})
