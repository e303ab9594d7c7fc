import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compared, expectAgreement, gradientsOf } from '../../testing/agreement.ts'
import { booleans, integers, lay, normal, operands, runs, seeds } from '../../testing/arbitraries.ts'
import { graphOf } from '../../testing/onnx-of.ts'
import { padKernels } from './pad.ts'

const cases = operands(1).chain((x) => {
  const each = <T>(arbitrary: (d: number) => fc.Arbitrary<T>) => fc.tuple(...x.shape.map(arbitrary))
  return fc.record({
    x: fc.constant(x),
    pads: each(() => fc.tuple(fc.nat(2), fc.nat(2))),
    inner: each((d) => fc.tuple(fc.nat(d - 1), fc.nat(d - 1))),
    reps: each(() => fc.integer({ min: 1, max: 3 })),
    value: fc.integer({ min: -2, max: 2 }),
    seed: seeds,
  })
})

test('values and gradients, wherever the operand lies', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, pads, inner, reps, value, seed }) => {
      const differentiable: Record<string, (t: tf.Tensor) => tf.Tensor> = {
        pad: (t) => tf.pad(t, pads, value),
        tile: (t) => tf.tile(t, reps),
      }
      const ops: Record<string, (t: tf.Tensor) => tf.Tensor> = {
        ...differentiable,
        reflect: (t) => tf.mirrorPad(t, inner, 'reflect'),
        symmetric: (t) => tf.mirrorPad(t, inner, 'symmetric'),
        broadcast: (t) => tf.broadcastTo(tf.slice(t, 0, [1]), [2, ...x.shape.with(0, 3)]),
      }
      const apply = (t: tf.Tensor) => Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, op(lay(t, x))]))
      return expectAgreement(
        (a: tf.Tensor, i: tf.Tensor, b: tf.Tensor) => ({
          values: apply(a),
          integers: apply(i),
          booleans: { ...apply(b), pad: tf.pad(lay(b, x), pads, 1) },
          gradients: Object.fromEntries(
            // tfjs tiles backwards for at most four axes.
            Object.entries(differentiable).map(([name, op]) => [name, gradientsOf((t) => op(lay(t, x)))(a)]),
          ),
        }),
        [normal(x, seed), integers(-9, 9, x, seed), booleans(x, seed)],
      )
    }),
    runs(25),
  ))

test('what is all of one value stays so without its memory', () => {
  const { nodes } = graphOf((x: tf.Tensor) => tf.add(x, tf.tile(tf.fill([10, 10], 2), [3, 4])), [[30, 40]])
  expect(nodes.map((node) => node.op)).toEqual(['Splat', 'Add'])
})

/** No operation of tfjs calls the kernel: it tiles. */
const broadcastTo = (x: tf.Tensor, shape: number[]): tf.Tensor =>
  tf.getBackend() === 'trace'
    ? tf.engine().runKernel('BroadcastTo', { x }, { shape, inputShape: x.shape })
    : tf.broadcastTo(x, shape)

test('broadcasts to larger shapes, and of shapes', () =>
  fc.assert(
    fc.asyncProperty(
      operands(0, 3),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      fc.nat(2),
      seeds,
      (whole, ones, more, seed) => {
        const x = { ...whole, shape: whole.shape.map((d, i) => (ones[i] ? 1 : d)) }
        const shape = [...Array(more).fill(2), ...whole.shape]
        return expectAgreement(
          (a: tf.Tensor, b: tf.Tensor) => ({
            floats: broadcastTo(lay(a, x), shape),
            booleans: broadcastTo(lay(b, x), shape),
            ...(x.shape.length > 0 && {
              shape: tf.broadcastArgs(tf.tensor1d(x.shape, 'int32'), tf.tensor1d(shape, 'int32')),
            }),
          }),
          [normal(x, seed), booleans(x, seed)],
        )
      },
    ),
    runs(15),
  ))

test('no kernel is left out', () => {
  expect(Object.keys(padKernels).filter((name) => !compared.has(name))).toEqual(['BroadcastTo'])
})
