import '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { GraphBuilder } from '../graph/graph.ts'
import { Lowering } from '../lower/lowering.ts'
import { cpu, portable } from '../lower/target.ts'
import { onnxOf } from '../testing/onnx-of.ts'
import { lower } from './lower.ts'

const operators = (fn: (...args: tf.Tensor[]) => unknown, ...shapes: number[][]) =>
  onnxOf(cpu, fn, shapes).nodes.map((n) => n.opType)

test('a transpose of a transpose is one, and one back to the start none', () => {
  const l = new Lowering(cpu)
  const x = { name: 'x', shape: [2, 3, 4] }
  const once = l.transpose(x, [1, 2, 0])
  expect(once.shape).toEqual([3, 4, 2])
  expect(l.transpose(once, [2, 0, 1])).toEqual(x)
  const twice = l.transpose(once, [1, 0, 2])
  expect(twice.shape).toEqual([4, 3, 2])
  expect(l.nodes.map((n) => [n.inputs, n.attributes.perm])).toEqual([
    [['x'], [1, 2, 0]],
    [['x'], [2, 1, 0]],
  ])
})

test('equal operators on equal operands are emitted once', () => {
  const l = new Lowering(cpu)
  const x = { name: 'x', shape: [2] }
  expect(l.op('Exp', [x], [2])).toEqual(l.op('Exp', [x], [2]))
  expect(l.op('LeakyRelu', [x], [2], { alpha: { float: 0.1 } }).name).not.toBe(
    l.op('LeakyRelu', [x], [2], { alpha: { float: 0.2 } }).name,
  )
  expect(l.scalar(0).name).toBe(l.scalar(0).name)
  expect(l.scalar(0).name).not.toBe(l.scalar(-0).name)
  expect(l.scalar(1).name).not.toBe(l.scalar(1, 'int32').name)
  expect(l.nodes).toHaveLength(3)
})

test('a transposed tensor is laid out once for all that want it so', () => {
  const fn = (x: tf.Tensor) => {
    const t = tf.transpose(x)
    return [t, tf.gather(t, tf.tensor1d([0], 'int32')), tf.gather(t, tf.tensor1d([1], 'int32'))]
  }
  expect(operators(fn, [2, 3]).filter((op) => op === 'Transpose')).toHaveLength(1)
})

test('inputs that are not used stay inputs, and results in other layouts are brought into logical order', () => {
  const model = onnxOf(cpu, (_: tf.Tensor, y: tf.Tensor) => ({ a: tf.transpose(y), b: y, c: tf.scalar(3) }), [
    [5],
    [2, 3],
  ])
  expect(model.inputs).toEqual([
    { name: 'input0', dtype: 'float32', shape: [5] },
    { name: 'input1', dtype: 'float32', shape: [2, 3] },
  ])
  expect(model.outputs.map((o) => o.shape)).toEqual([[3, 2], [2, 3], []])
  expect(model.nodes.map((n) => n.opType).sort()).toEqual(['Identity', 'Identity', 'Transpose'])
  expect(model.initializers).toHaveLength(1)
})

test('operators whose results are not used are left out, with their constants', () => {
  // Of the gradients of a normalisation only that for its shift is wanted.
  const builder = new GraphBuilder()
  const dy = builder.input({ shape: [1, 2, 2, 4], dtype: 'float32' })
  const scale = builder.input({ shape: [4], dtype: 'float32' })
  const types = [dy, scale, scale].map(({ shape, dtype }) => ({ shape, dtype }))
  const [, , dShift] = builder.record('GroupNormGrad', [dy, dy, scale], { groups: 2, epsilon: 1e-5 }, types)
  const { nodes, initializers } = lower(builder.finish([dShift!]), cpu)
  expect(nodes.filter((n) => n.opType === 'Sqrt')).toEqual([])
  const used = new Set(nodes.flatMap((n) => n.inputs))
  expect(initializers.every((t) => used.has(t.name))).toBe(true)
})

test('a portable target uses the standard operators only', () => {
  const fn = (x: tf.Tensor, y: tf.Tensor) => tf.grad((t) => tf.matMul(t, y, true, true))(x)
  const domains = (target: typeof cpu) =>
    new Set(
      onnxOf(target, fn, [
        [3, 2],
        [4, 3],
      ]).nodes.map((n) => n.domain),
    )
  expect(domains(cpu)).toContain('com.microsoft')
  expect(domains(portable)).toEqual(new Set(['']))
})
