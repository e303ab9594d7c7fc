import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement } from '../../testing/agreement.ts'
import { integers, lay, normal, operand, runs, seeds } from '../../testing/arbitraries.ts'
import { graphOf } from '../../testing/onnx-of.ts'
import { einsumKernels } from './einsum.ts'

const LABELS = [...'abcde']

/** Random labels for one or two operands, and some of them in any order for the result. */
const equations = fc
  .record({
    lengths: fc.tuple(...LABELS.map(() => fc.integer({ min: 1, max: 4 }))),
    left: fc.shuffledSubarray(LABELS, { minLength: 1, maxLength: 4 }),
    right: fc.option(fc.shuffledSubarray(LABELS, { minLength: 1, maxLength: 4 }), { nil: undefined }),
  })
  .chain(({ lengths, left, right }) => {
    const shape = (labels: string[]) => labels.map((label) => lengths[LABELS.indexOf(label)]!)
    const terms = [left, ...(right ? [right] : [])]
    return fc.record({
      output: fc.shuffledSubarray([...new Set(terms.flat())]),
      inputs: fc.constant(terms.map((term) => term.join('')).join(',')),
      operands: fc.tuple(...terms.map((term) => operand(shape(term)))),
      seed: seeds,
    })
  })

/** The same by a product of all labels and a sum: the cpu backend goes wrong where one operand alone is summed over. */
const summed = (equation: string, xs: readonly tf.Tensor[]): tf.Tensor => {
  const [left, right] = equation.split('->').map((side) => side.trim()) as [string, string]
  const all = [...new Set([...right, ...left.replace(',', '')])]
  const factors = left.split(',').map((labels, i) => {
    const own = all.filter((label) => labels.includes(label))
    const perm = own.map((label) => labels.indexOf(label))
    const ordered = tf.transpose(xs[i]!, perm)
    return tf.reshape(
      ordered,
      all.map((label) => (own.includes(label) ? ordered.shape[own.indexOf(label)]! : 1)),
    )
  })
  const product = factors.reduce((a, b) => tf.mul(a, b))
  return tf.sum(product, all.map((_, i) => i).slice(right.length))
}

test('sums of products by any labels', () =>
  fc.assert(
    fc.asyncProperty(equations, ({ output, inputs, operands, seed }) => {
      const equation = `${inputs} -> ${output.join('')}`
      const op = (...tensors: tf.Tensor[]) => {
        const xs = tensors.map((x, i) => lay(x, operands[i]!))
        return tf.getBackend() === 'trace' ? tf.einsum(equation, ...xs) : summed(equation, xs)
      }
      const half = operands.length
      return expectAgreement(
        (...xs: tf.Tensor[]) => ({ floats: op(...xs.slice(0, half)), integers: op(...xs.slice(half)) }),
        [
          ...operands.map((x, i) => normal(x, seed, `${i}`)),
          ...operands.map((x, i) => integers(-4, 5, x, seed, `${i}`)),
        ],
      )
    }),
    runs(60),
  ))

test('equations that the cpu backend has right', () => {
  const plain = (...shape: number[]) => ({ shape, perm: shape.map((_, i) => i) })
  return expectAgreement(
    (a: tf.Tensor, b: tf.Tensor) => ({
      product: tf.einsum('ij,jk->ik', a, b),
      transposed: tf.einsum('ij,jk->ki', a, b),
      outer: tf.einsum('ij,kl->iljk', a, b),
      sum: tf.einsum('ij->j', a),
    }),
    [normal(plain(3, 4), 1), normal(plain(4, 2), 2)],
  )
})

test('what is summed over in both operands is a matrix product', () => {
  const fn = (a: tf.Tensor, b: tf.Tensor) => tf.einsum('bqhd,bkhd->bhqk', a, b)
  const ops = graphOf(fn, [
    [2, 3, 4, 5],
    [2, 6, 4, 5],
  ]).nodes.map((node) => node.op)
  expect(ops.filter((op) => op !== 'Reshape' && op !== 'Transpose')).toEqual(['BatchMatMul'])
})

test('no kernel is left out', () => {
  expect(Object.keys(einsumKernels).filter((name) => !compared.has(name))).toEqual([])
})
