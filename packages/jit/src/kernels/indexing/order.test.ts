import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu } from '../../lower/target.ts'
import { compared, expectAgreement, expectClose, reference, runOn } from '../../testing/agreement.ts'
import { booleans, integers, lay, normal, operand, operands, runs, seeds } from '../../testing/arbitraries.ts'
import { orderKernels } from './order.ts'

const side = fc.integer({ min: 1, max: 5 })

test('the greatest of each row, the first among equals', () =>
  fc.assert(
    fc.asyncProperty(operands(1, 3), fc.nat(), seeds, (x, some, seed) => {
      const k = 1 + (some % x.shape.at(-1)!)
      return expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => ({
          floats: tf.topk(lay(a, x), k),
          integers: tf.topk(lay(i, x), k),
          booleans: tf.topk(lay(b, x), k),
          // In no order: their sum is known.
          unsorted: tf.sum(tf.topk(lay(a, x), k, false).values, -1),
        }),
        [normal(x, seed), integers(-2, 3, x, seed), booleans(x, seed)],
      )
    }),
    runs(20),
  ))

const sequences = fc
  .tuple(fc.array(side, { maxLength: 2 }), side, side)
  .chain(([outer, n, m]) =>
    fc.record({ sequence: operand([...outer, n]), values: operand([...outer, m]), seed: seeds }),
  )

test('where values belong in sorted rows', () =>
  fc.assert(
    fc.asyncProperty(sequences, ({ sequence, values, seed }) =>
      expectAgreement(
        (s: tf.Tensor, v: tf.Tensor, i: tf.Tensor, j: tf.Tensor) => {
          const sorted = (t: tf.Tensor) => {
            const laid = lay(t, sequence)
            return tf.neg(tf.topk(tf.neg(laid), laid.shape.at(-1)!).values)
          }
          return {
            left: tf.searchSorted(sorted(s), lay(v, values)),
            right: tf.searchSorted(sorted(s), lay(v, values), 'right'),
            // Many are equal.
            lower: tf.lowerBound(sorted(i), lay(j, values)),
            upper: tf.upperBound(sorted(i), lay(j, values)),
          }
        },
        [
          normal(sequence, seed, 's'),
          normal(values, seed, 'v'),
          integers(-3, 3, sequence, seed, 'i'),
          integers(-4, 4, values, seed, 'j'),
        ],
      ),
    ),
    runs(20),
  ))

test('the kernels that tfjs names for the two sides', async () => {
  const bounds = (name: string, side: string) => (s: tf.Tensor2D, v: tf.Tensor2D) =>
    tf.getBackend() === 'trace'
      ? tf.engine().runKernel(name, { sortedSequence: s, values: v })
      : tf.searchSorted(s, v, side as 'left')
  const x = { shape: [3, 4], perm: [0, 1] }
  const args = [integers(0, 1, x, 1), integers(-1, 2, x, 1, 'v')]
  for (const [name, side] of [
    ['LowerBound', 'left'],
    ['UpperBound', 'right'],
  ] as const)
    expectClose(await runOn(cpu, bounds(name, side), args), await reference(bounds(name, side), args), 0)
})

test('no kernel is left out', () => {
  const missing = Object.keys(orderKernels).filter((name) => !compared.has(name))
  // No backend has these, and no operation calls them.
  expect(missing).toEqual(['LowerBound', 'UpperBound'])
})
