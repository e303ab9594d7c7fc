import { groupNorm, silu } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { cpuExact, portable, type Target } from '../lower/target.ts'
import { graphOf } from '../testing/onnx-of.ts'
import { halfNodes } from './half-nodes.ts'

/** The kernels of a function in the order of their calls: those of 16 bits, and the others. */
function kernels(fn: (...xs: tf.Tensor[]) => unknown, shapes: number[][], target: Target = portable) {
  const graph = graphOf(fn, shapes)
  const half = halfNodes(graph, target)
  const names = (is: boolean) =>
    graph.nodes.filter((node) => half.has(node) === is && node.op !== 'Constant').map(({ op }) => op)
  return { half: names(true), full: names(false) }
}

const block = (x: tf.Tensor, w: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor) => {
  const conv = (x: tf.Tensor) => tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), shift)
  const h = conv(x)
  return tf.add(h, conv(silu(groupNorm(h as tf.Tensor4D, gain as tf.Tensor1D, shift as tf.Tensor1D, { groups: 2 }))))
}

const blockShapes = [[2, 4, 4, 4], [3, 3, 4, 4], [4], [4]]

test('a residual block has 16 bits throughout where the norm is an operator, else but for the norm', () => {
  const all = ['Conv2D', 'Add', 'GroupNorm', 'Silu', 'Conv2D', 'Add', 'Add']
  expect(kernels(block, blockShapes)).toEqual({ half: all, full: [] })
  expect(kernels(block, blockShapes, cpuExact)).toEqual({
    half: all.filter((op) => op !== 'GroupNorm'),
    full: ['GroupNorm'],
  })
})

test('a loss and a norm of gradients have 32', () => {
  const fn = (x: tf.Tensor, w: tf.Tensor, y: tf.Tensor) => {
    const difference = tf.sub(tf.matMul(x, w), y)
    return [tf.mean(tf.mul(difference, difference)), tf.sum(tf.square(tf.matMul(x, w)))]
  }
  const { half, full } = kernels(fn, [
    [3, 2],
    [2, 2],
    [3, 2],
  ])
  expect(half.filter((op) => op !== 'Reshape')).toEqual(['BatchMatMul'])
  expect(full).toEqual(expect.arrayContaining(['Sub', 'Multiply', 'Mean', 'Square', 'Sum']))
})

test('what scales by one number and what is combined with arguments, one by one, has 32', () => {
  const sampler = (x: tf.Tensor, w: tf.Tensor, c: tf.Tensor) => tf.add(x, tf.mul(tf.matMul(x, w), c))
  const { half, full } = kernels(sampler, [[2, 2], [2, 2], []])
  expect(half.filter((op) => op !== 'Reshape')).toEqual(['BatchMatMul'])
  expect(full).toEqual(['Multiply', 'Add'])
})

test('constants adapt if 16 bits can hold them', () => {
  const times = (c: number) => kernels((x) => tf.mul(tf.matMul(x, x), c), [[2, 2]]).half.includes('Multiply')
  expect([0.5, 0, -65504, 65505, 1e-5, -1e9].map(times)).toEqual([true, true, true, false, false, false])
})

test('numbers for the network, made of integers and constants, have 32 until they meet a product', () => {
  const fn = (t: tf.Tensor, w: tf.Tensor) => tf.matMul(tf.cos(tf.mul(tf.cast(t, 'int32'), tf.ones([1, 4]))), w)
  const { half } = kernels(fn, [
    [2, 1],
    [4, 4],
  ])
  expect(half.filter((op) => op !== 'Reshape')).toEqual(['BatchMatMul'])
})
