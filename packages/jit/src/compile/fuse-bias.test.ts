import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { cpu, cpuExact, portable } from '../lower/target.ts'
import { expectAgreement } from '../testing/agreement.ts'
import { normal } from '../testing/arbitraries.ts'
import { graphOf, onnxOf } from '../testing/onnx-of.ts'
import { fuseBias } from './fuse-bias.ts'

const convolve = (x: tf.Tensor, filter: tf.Tensor, stride = 1) =>
  tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, 'same')

const shapes = (size: number, [c, k]: readonly [number, number]) => [[2, 8, 8, c], [size, size, c, k], [k]]

const ops = (fn: (...t: tf.Tensor[]) => unknown) =>
  fuseBias(graphOf(fn, shapes(3, [4, 8]))).nodes.map((node) => `${node.op}/${node.inputs.length}`)

test('a bias from either side becomes the third input', () => {
  expect(ops((x, filter, b) => tf.add(convolve(x!, filter!), b!))).toEqual(['Conv2D/3'])
  expect(ops((x, filter, b) => tf.add(b!, convolve(x!, filter!)))).toEqual(['Conv2D/3'])
})

test('not if the convolution is used besides, or something else is added', () => {
  const besides = (x: tf.Tensor, filter: tf.Tensor, b: tf.Tensor) => {
    const y = convolve(x, filter)
    return { y, sum: tf.add(y, b) }
  }
  expect(ops(besides as never)).toEqual(['Conv2D/2', 'Add/2'])
  expect(ops((x, filter, b) => tf.add(convolve(x!, filter!), tf.sum(b!)))).toContain('Conv2D/2')
  expect(ops((x, filter) => tf.add(convolve(x!, filter!), tf.sum(convolve(x!, filter!), 0)))).toContain('Conv2D/2')
})

test('on a portable target it is the bias of Conv', () => {
  const fn = (x: tf.Tensor, filter: tf.Tensor, b: tf.Tensor) => tf.add(convolve(x, filter), b)
  const { nodes } = onnxOf(portable, fn, shapes(3, [4, 8]))
  expect(nodes.filter((node) => node.opType === 'Add')).toEqual([])
  expect(nodes.find((node) => node.opType === 'Conv')?.inputs).toHaveLength(3)
})

test.each([
  { what: 'products', size: 1, channels: [4, 8], stride: 1 },
  { what: 'Winograd', size: 3, channels: [16, 16], stride: 1 },
  { what: 'direct', size: 5, channels: [12, 20], stride: 1 },
  { what: 'strides', size: 3, channels: [12, 20], stride: 2 },
  { what: 'few outputs', size: 3, channels: [16, 3], stride: 1 },
] as const)('values, computed by $what', async ({ size, channels, stride }) => {
  const args = shapes(size, channels).map((shape, i) => normal({ shape, perm: shape.map((_, k) => k) }, 1, `${i}`))
  const fn = (x: tf.Tensor, filter: tf.Tensor, b: tf.Tensor) => tf.add(convolve(x, filter, stride), b)
  await expectAgreement(fn, args, { targets: [cpu, cpuExact, portable], tolerance: 3e-5 })
})
