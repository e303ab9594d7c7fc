import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import {
  axis,
  booleans,
  dimension,
  integers,
  lay,
  normal,
  operand,
  runs,
  seeds,
  shapes,
} from '../../testing/arbitraries.ts'
import { concatKernels } from './concat.ts'

/** One to three operands that differ along one axis and in how they lie. */
const cases = shapes(1).chain((shape) =>
  axis(shape.length).chain((along) => {
    const at = along < 0 ? along + shape.length : along
    const part = dimension.chain((d) => operand(shape.with(at, d)))
    return fc.record({ along: fc.constant(along), parts: fc.array(part, { minLength: 1, maxLength: 3 }), seed: seeds })
  }),
)

test('values and gradients, wherever the operands lie', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ along, parts, seed }) => {
      const sizes = parts.map((p) => p.shape.at(along) as number)
      const whole = (xs: readonly tf.Tensor[]) =>
        tf.concat(
          xs.map((x, i) => lay(x, parts[i]!)),
          along,
        )
      const twice = (x: tf.Tensor) => lay(x, parts[0]!)
      const ops: Record<string, (...xs: tf.Tensor[]) => tf.Tensor> = {
        concat: (...xs) => whole(xs),
        // Parts of unequal sizes put together in reverse order; the last one's is inferred, which tfjs can for two
        // parts or more.
        split: (...xs) =>
          tf.concat(
            tf.split(whole(xs), [...sizes.slice(0, -1), parts.length > 1 ? -1 : (sizes[0] as number)], along).reverse(),
            along,
          ),
        halves: (x) =>
          tf.sub(...(tf.split(tf.concat([twice(x!), tf.exp(twice(x!))], along), 2, along) as [tf.Tensor, tf.Tensor])),
        stack: (x) => tf.stack([twice(x!), tf.exp(twice(x!))], along),
        unstack: (x) => tf.addN(tf.unstack(twice(x!), along).map((part, i) => tf.mul(part, i + 1))),
      }
      const apply = (xs: tf.Tensor[]) => Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, op(...xs)]))
      const exact = (xs: tf.Tensor[]) => ({
        concat: whole(xs),
        split: tf.split(whole(xs), sizes, along),
        stack: tf.stack([twice(xs[0]!), twice(xs[0]!)], along),
        unstack: tf.unstack(twice(xs[0]!), along),
      })
      const count = parts.length
      return expectAgreement(
        (...all: tf.Tensor[]) => {
          const floats = all.slice(0, count)
          return {
            values: apply(floats),
            integers: exact(all.slice(count, 2 * count)),
            booleans: exact(all.slice(2 * count)),
            gradients: Object.fromEntries(
              Object.entries(ops)
                // tfjs has no gradient of taking apart what is in one part.
                .filter(([name]) => !(name === 'split' && count === 1) && !(name === 'unstack' && sizes[0] === 1))
                // Some take the first operand only.
                .map(([name, op]) => [name, gradientsOf(op)(...floats.slice(0, op.length || count))]),
            ),
          }
        },
        [
          ...parts.map((p, i) => normal(p, seed, `${i}`)),
          ...parts.map((p, i) => integers(-9, 9, p, seed, `${i}`)),
          ...parts.map((p, i) => booleans(p, seed, `${i}`)),
        ],
      )
    }),
    runs(25),
  ))

test('no kernel is left out', () => {
  expect(Object.keys(concatKernels).filter((name) => !compared.has(name))).toEqual([])
})
