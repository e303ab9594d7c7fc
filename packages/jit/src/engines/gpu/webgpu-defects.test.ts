import { float32, type NDArray } from '@cascade-diffusion/arrays'
import '@cascade-diffusion/ops' // registers gradients
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { portable, webgpu } from '../../lower/target.ts'
import { expectAgreement } from '../../testing/agreement.ts'
import { onnxOf } from '../../testing/onnx-of.ts'
import { onnxRuntimeNode } from '../onnxruntime-node.ts'
import { namesForCpu, splitByFew } from './webgpu-defects.ts'

test('a tensor is split into any number of parts by few at a time', async () => {
  const sizes = Array.from({ length: 100 }, (_, i) => 1 + (i % 3))
  const length = sizes.reduce((n, d) => n + d, 0)
  const model = onnxOf(portable, (x: tf.Tensor) => tf.split(x, sizes), [[length]])
  const rewritten = splitByFew(model)
  expect(Math.max(...model.nodes.map(({ outputs }) => outputs.length))).toBe(100)
  expect(Math.max(...rewritten.nodes.map(({ outputs }) => outputs.length))).toBe(7)
  const executable = await onnxRuntimeNode({ threads: 1 }).compile(rewritten)
  const results = await executable.run([float32(Array.from({ length }, (_, i) => i))])
  expect(results.map(({ shape }: NDArray) => shape)).toEqual(sizes.map((d) => [d]))
  expect(results.flatMap(({ data }: NDArray) => [...data])).toEqual(Array.from({ length }, (_, i) => i))
  await executable.dispose()
})

test('models without such splits stay as they are', () => {
  const model = onnxOf(portable, (x: tf.Tensor) => tf.split(x, 7), [[14]])
  expect(splitByFew(model)).toEqual(model)
})

test('transposed convolutions in groups and of volumes, and angles, are for the processor, others are not', () => {
  const gradient = (conv: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor) => (x: tf.Tensor, w: tf.Tensor) =>
    tf.grad((x: tf.Tensor) => tf.sum(tf.square(conv(x, w))))(x)
  const plain = gradient((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'))
  const grouped = gradient((x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'))
  const volume = gradient((x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'same'))
  const names = (fn: typeof plain, shapes: number[][]) => namesForCpu(onnxOf(portable, fn, shapes))
  const image = [1, 4, 4, 2]
  expect(names(plain, [image, [3, 3, 2, 2]])).toEqual([])
  expect(names(grouped, [image, [3, 3, 2, 2]])).toHaveLength(1)
  expect(
    names(volume, [
      [1, 4, 4, 4, 2],
      [3, 3, 3, 2, 2],
    ]),
  ).toHaveLength(1)
})

test.each([5, 6, 9, 12])('a convolution of %i channels has a multiple of 4 if it has one of 3', async (channels) => {
  const shapes = [
    [2, 5, 5, channels],
    [3, 3, channels, 4],
  ]
  const fn = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 1, 'same')
  const filled = channels % 3 === 0 && channels % 4 !== 0
  expect(onnxOf(webgpu, fn, shapes).nodes.filter(({ opType }) => opType === 'Pad')).toHaveLength(filled ? 2 : 0)
  const args = shapes.map((shape) => rng(1).normal(shape))
  await expectAgreement(
    (x, w) => [fn(x, w), ...tf.grads((x, w) => tf.sum(tf.square(fn(x as tf.Tensor4D, w as tf.Tensor4D))))([x, w])],
    args,
    { targets: [webgpu] },
  )
})
