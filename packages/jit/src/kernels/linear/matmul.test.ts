import { float32 } from '@cascade-diffusion/arrays'
import { attention } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu, portable } from '../../lower/target.ts'
import { compared, expectAgreement, expectClose, gradientsOf, runOn } from '../../testing/agreement.ts'
import { dimension, integers, lay, normal, operand, runs, seeds, shapes } from '../../testing/arbitraries.ts'
import { onnxOf } from '../../testing/onnx-of.ts'
import { matMulKernels } from './matmul.ts'

const cases = fc
  .record({
    batch: shapes(0, 2),
    // How many leading axes of the batch the second operand has with length 1, and how many of those it lacks: the cpu
    // backend is wrong where a later axis has length 1.
    ones: fc.nat(2),
    missing: fc.nat(2),
    sizes: fc.tuple(dimension, dimension, dimension),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .chain(({ batch, ones, missing, sizes: [m, k, n], transposeA, transposeB }) => {
    const right = transposeB ? [n, k] : [k, n]
    const left = [...batch, ...(transposeA ? [k, m] : [m, k])]
    return fc.record({
      transposeA: fc.constant(transposeA),
      transposeB: fc.constant(transposeB),
      a: operand(left),
      b: operand([...batch, ...right]),
      broadcast: operand([...batch.map((d, i) => (i < ones ? 1 : d)).slice(Math.min(missing, ones)), ...right]),
      seed: seeds,
    })
  })

test('values with broadcast batches, and gradients, wherever the operands lie', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ a, b, broadcast, transposeA, transposeB, seed }) => {
      const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB)
      return expectAgreement(
        (x: tf.Tensor, y: tf.Tensor, z: tf.Tensor, i: tf.Tensor, j: tf.Tensor) => ({
          product: product(lay(x, a), lay(y, b)),
          broadcast: product(lay(x, a), lay(z, broadcast)),
          integers: product(lay(i, a), lay(j, b)),
          // tfjs's gradient does not broadcast.
          gradients: gradientsOf((s, t) => product(lay(s, a), lay(t, b)))(x, y),
        }),
        [
          normal(a, seed, 'a'),
          normal(b, seed, 'b'),
          normal(broadcast, seed, 'z'),
          integers(-9, 9, a, seed, 'i'),
          integers(-9, 9, b, seed, 'j'),
        ],
      )
    }),
    runs(30),
  ))

test('batches broadcast along any axis', async () => {
  const fn = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b)
  const [a, b] = [float32([1, 2, 3, 4], [2, 2, 1, 1]), float32([10, 100], [2, 1, 1, 1])]
  expectClose(await runOn(cpu, fn, [a, b]), float32([10, 20, 300, 400], [2, 2, 1, 1]), 0)
})

test('attention and its gradients', () =>
  fc.assert(
    fc.asyncProperty(
      shapes(1, 2),
      fc.tuple(dimension, dimension, dimension, dimension),
      seeds,
      (batch, [l, m, d, e], seed) => {
        const shape = (rows: number, columns: number) => [...batch, rows, columns]
        const arrays = [shape(l, d), shape(m, d), shape(m, e)].map((s, i) =>
          normal({ shape: s, perm: s.map((_, k) => k) }, seed, `${i}`),
        )
        return expectAgreement(
          (...qkv: [tf.Tensor, tf.Tensor, tf.Tensor]) => ({
            value: attention(...qkv),
            gradients: gradientsOf(attention)(...qkv),
          }),
          arrays,
          { tolerance: 1e-4 },
        )
      },
    ),
    runs(10),
  ))

test('an operand whose last two axes are swapped in memory is taken as it lies', () => {
  const fn = (a: tf.Tensor, b: tf.Tensor) =>
    tf.matMul(tf.transpose(a, [0, 2, 1]), tf.transpose(b, [0, 2, 1]), false, true)
  const shapes = [
    [2, 5, 3],
    [2, 5, 4],
  ]
  const operators = (target: typeof cpu) => onnxOf(target, fn, shapes).nodes.map((n) => n.opType)
  expect(operators(cpu)).toEqual(['FusedMatMul'])
  expect(operators(portable)).toEqual(['Transpose', 'MatMul'])
})

test('no kernel is left out', () => {
  expect(Object.keys(matMulKernels).filter((name) => !compared.has(name))).toEqual([])
})
