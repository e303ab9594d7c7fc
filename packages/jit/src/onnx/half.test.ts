import '@cascade-diffusion/ops'
import { float32 } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { lower } from '../compile/lower.ts'
import { onnxRuntimeNode } from '../engines/onnxruntime-node.ts'
import { cpuExact, portable, type Target } from '../lower/target.ts'
import { numbersOf } from '../testing/half-numbers.ts'
import { graphOfExample, kernelExamples } from '../testing/kernel-examples.ts'
import { graphOf } from '../testing/onnx-of.ts'
import { typesOf } from './element-types.ts'
import { toHalf } from './half.ts'
import type { OnnxModel } from './model.ts'

const modelOf = (fn: (...xs: tf.Tensor[]) => unknown, shapes: number[][], target: Target = portable) =>
  lower(graphOf(fn, shapes), target)

const operators = ({ nodes }: OnnxModel) => nodes.map((node) => node.opType)

describe('ONNX Runtime takes every kernel with 16 bits wherever its operators have them', () => {
  test.each(Object.keys(kernelExamples))('%s', async (name) => {
    const { types, calls } = kernelExamples[name]!
    for (const dtype of types)
      for (const example of calls)
        for (const target of [portable, cpuExact]) {
          const model = lower(graphOfExample(name, example, dtype), target)
          const everywhere = { ...model, nodes: model.nodes.map((node) => ({ ...node, half: true })) }
          const engine = onnxRuntimeNode({ target, threads: 1, cache: false })
          await (await engine.compile(toHalf(everywhere, 'float16'))).dispose()
        }
  })
})

test('arguments are cast once, results are cast back, constants have 16 bits', () => {
  const w = float32([1 / 3, 1e9, 0, -2], [2, 2])
  const fn = (x: tf.Tensor) => {
    const y = tf.matMul(tf.matMul(x, tf.tensor(w.data, w.shape as number[])), x)
    return [y, tf.relu(y)]
  }
  const model = toHalf(modelOf(fn, [[2, 2]]), 'float16')
  expect(operators(model)).toEqual(['Cast', 'MatMul', 'MatMul', 'Relu', 'Cast', 'Cast'])
  expect([...model.inputs, ...model.outputs].map(({ dtype }) => dtype)).toEqual(['float32', 'float32', 'float32'])
  expect(model.initializers.map(({ dtype }) => dtype)).toEqual(['float16'])
  const numbers = numbersOf(model.initializers[0]!.data as Uint16Array, 'float16')
  expect(Array.from(numbers)).toEqual([Math.round(2 ** 12 / 3) / 2 ** 12, 65504, 0, -2])
  const types = typesOf(model)
  for (const { opType, inputs } of model.nodes)
    if (opType !== 'Cast') expect(inputs.map((x) => types.get(x))).toEqual(inputs.map(() => 'float16'))
})

test('a model that has nothing for 16 bits stays as it is', () => {
  const model = modelOf((x) => tf.exp(tf.mean(tf.square(x))), [[4]])
  expect(toHalf(model, 'float16')).toEqual(model)
})

test('sums within a kernel of 16 bits have 32', () => {
  const model = toHalf(
    modelOf((x) => tf.softmax(tf.matMul(x, x)), [[2, 2]]),
    'float16',
  )
  const types = typesOf(model)
  expect(types.get(model.nodes.find(({ opType }) => opType === 'Softmax')!.inputs[0]!)).toBe('float32')
})

test('of bfloat16, convolutions are left to float32', () => {
  const conv = (x: tf.Tensor, w: tf.Tensor) =>
    tf.matMul(tf.reshape(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), [16, 4]), tf.ones([4, 100]))
  const model = toHalf(
    modelOf(conv, [
      [1, 4, 4, 4],
      [3, 3, 4, 4],
    ]),
    'bfloat16',
  )
  const types = typesOf(model)
  const typeOf = (opType: string) => types.get(model.nodes.find((node) => node.opType === opType)!.outputs[0]!)
  expect([typeOf('Conv'), typeOf('MatMul')]).toEqual(['float32', 'bfloat16'])
})
