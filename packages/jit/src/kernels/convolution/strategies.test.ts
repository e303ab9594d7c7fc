import '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { cpu, cpuExact, portable, type Target } from '../../lower/target.ts'
import { onnxOf } from '../../testing/onnx-of.ts'

interface Case {
  size?: number
  channels: [number, number]
  stride?: number
  image?: [number, number]
  batch?: number
}

const convolution =
  ({ stride = 1 }: Case) =>
  (x: tf.Tensor, filter: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, 'same')

const shapesOf = ({ size = 3, channels, image = [8, 8], batch = 2 }: Case) => [
  [batch, ...image, channels[0]],
  [size, size, ...channels],
]

/** How often each operator is emitted. */
const operators = (
  target: Target,
  fn: (...args: tf.Tensor4D[]) => unknown,
  shapes: number[][],
): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { opType } of onnxOf(target, fn, shapes).nodes) counts[opType] = (counts[opType] ?? 0) + 1
  return counts
}

const forward = (target: Target, c: Case) => operators(target, convolution(c), shapesOf(c))

/** The gradients for the input and for the filter. */
const gradients = (target: Target, c: Case) => {
  const fn = (x: tf.Tensor, filter: tf.Tensor) => tf.grads(convolution(c))([x, filter])
  return operators(target, fn, shapesOf(c))
}

const wide: Case = { channels: [64, 64], image: [16, 16] }

test("3×3 convolutions with many channels are Winograd's on cpu, and their gradients", () => {
  expect(forward(cpu, wide)).not.toHaveProperty('Conv')
  // Bᵀ d B, G g Gᵀ and Aᵀ m A, and one of the 36 pairs of matrices.
  expect(forward(cpu, wide).MatMul).toBe(4)
  expect(gradients(cpu, wide)).not.toHaveProperty('Conv')
  expect(gradients(cpu, wide)).not.toHaveProperty('ConvTranspose')
})

test('both gradients share the tiles of the result’s gradient, and none are kept from the forward pass', () => {
  const fn = (x: tf.Tensor, filter: tf.Tensor) =>
    tf.valueAndGrads((a, b) => tf.sum(tf.square(convolution(wide)(a!, b!))) as tf.Scalar)([x, filter])
  // Overlapping tiles of the image and of its result's gradient, adjoining ones of the image, and two results put
  // together.
  expect(operators(cpu, fn, shapesOf(wide)).Gather).toBe(3 + 2)
})

test('a large image is convolved in blocks, by rows of tiles and then by columns', () => {
  const large: Case = { channels: [64, 64], image: [32, 32], batch: 8 }
  // The image is put together with zeros once.
  expect(forward(cpu, large)).toMatchObject({ Gather: 2 * 2, Concat: 1 + 1, MatMul: 1 + 3 * 2 })
  expect(forward(cpu, { ...large, batch: 64 })).toMatchObject({ Gather: 2 * 16, Concat: 1 + 1 + 8, MatMul: 1 + 3 * 16 })
})

test('blocks grow with the filter, which each of them reads', () => {
  const many: Case = { channels: [192, 192], image: [16, 16], batch: 8 }
  expect(forward({ ...cpu, blockFilters: 0 }, many).MatMul).toBe(1 + 3 * 2)
  expect(forward(cpu, many).MatMul).toBe(1 + 3)
})

test('with few pixels for the channels, products have the filter first and the results turned round', () => {
  // Four tiles of two images. The argument and the result, the filter, and the tiles.
  expect(forward(cpu, { ...wide, image: [8, 8] })).toMatchObject({ MatMul: 3, FusedMatMul: 1, Transpose: 4 })
  expect(forward(cpu, wide)).toMatchObject({ MatMul: 4, Transpose: 2 })
})

test('exact and portable targets convolve directly', () => {
  for (const target of [cpuExact, portable]) {
    expect(forward(target, wide).Conv).toBe(1)
    expect(gradients(target, wide).Conv).toBe(1)
  }
  expect(gradients(portable, { ...wide, stride: 2 }).ConvTranspose).toBe(1)
})

test('images smaller than a tile and filters of few channels are not worth the transforms', () => {
  expect(forward(cpu, { ...wide, image: [3, 8] }).Conv).toBe(1)
  expect(forward(cpu, { channels: [12, 64] }).Conv).toBe(1)
  expect(forward(cpu, { size: 5, channels: [64, 64] }).Conv).toBe(1)
})

test('a 1×1 convolution is one product, without moving anything on cpu; a plain convolution on a portable target', () => {
  const c: Case = { size: 1, channels: [64, 32] }
  expect(forward(cpu, c)).toMatchObject({ MatMul: 1, Transpose: 2 })
  // Between two others nothing is transposed: only the argument and the result are.
  const chain = (x: tf.Tensor, filter: tf.Tensor) => convolution(c)(tf.relu(convolution(c)(x, filter)), filter)
  const square: Case = { size: 1, channels: [64, 64] }
  expect(operators(cpu, chain, shapesOf(square))).toMatchObject({ MatMul: 2, Transpose: 2 })
  expect(forward(portable, c)).toMatchObject({ Conv: 1 })
  expect(forward(portable, c)).not.toHaveProperty('MatMul')
})

test('with few input channels or strides, all taps of a pixel are gathered for one product', () => {
  for (const c of [{ channels: [3, 64] }, { channels: [64, 64], stride: 2 }] as Case[]) {
    expect(forward(cpu, c)).toMatchObject({ Concat: 1, MatMul: 1 })
    expect(forward(cpu, c)).not.toHaveProperty('Conv')
    expect(forward(portable, c).Conv).toBe(1)
  }
})

test('the filter of a convolution with strides gets its gradient from the same patches', () => {
  expect(gradients(cpu, { ...wide, stride: 2 })).toMatchObject({ FusedMatMul: 2, Concat: 3 })
  expect(gradients(cpu, { ...wide, stride: 2 })).not.toHaveProperty('ConvTranspose')
  expect(gradients(portable, { ...wide, stride: 2 })).toMatchObject({ MatMul: 9, ConvTranspose: 1 })
})

test('with few output channels, the results of the taps are shifted and summed', () => {
  const c: Case = { channels: [64, 3] }
  expect(forward(cpu, c)).toMatchObject({ MatMul: 1, Split: 1, Slice: 9, Sum: 1 })
  expect(forward(cpu, c)).not.toHaveProperty('Conv')
})
