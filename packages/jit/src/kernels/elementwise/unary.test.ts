import { float32, int32, type NDArray } from '@cascade-diffusion/arrays'
import { silu } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu } from '../../lower/target.ts'
import { compared, expectAgreement, expectClose, gradientsOf, runOn } from '../../testing/agreement.ts'
import { between, booleans, integers, lay, normal, operands, runs, seeds } from '../../testing/arbitraries.ts'
import { unaryKernels } from './unary.ts'

type Op = (x: tf.Tensor) => tf.Tensor

/** Operations on numbers of each kind: any, −1 to 1, positive, above 1. */
const smooth: Record<'any' | 'within' | 'positive' | 'above', Record<string, Op>> = {
  any: {
    abs: tf.abs,
    asinh: tf.asinh,
    atan: tf.atan,
    cos: tf.cos,
    cosh: tf.cosh,
    elu: tf.elu,
    erf: tf.erf,
    exp: tf.exp,
    expm1: tf.expm1,
    neg: tf.neg,
    relu: tf.relu,
    relu6: tf.relu6,
    selu: tf.selu,
    sigmoid: tf.sigmoid,
    silu,
    sin: tf.sin,
    sinh: tf.sinh,
    softplus: tf.softplus,
    square: tf.square,
    tan: (x) => tf.tan(tf.mul(x, 0.3)),
    tanh: tf.tanh,
    clone: tf.clone,
    leakyRelu: (x) => tf.leakyRelu(x, 0.3),
    clip: (x) => tf.clipByValue(x, -0.5, 0.7),
    step: (x) => tf.step(x, 0.25),
    sign: tf.sign,
    ceil: tf.ceil,
    floor: tf.floor,
    round: tf.round,
    cast: (x) => tf.cast(x, 'float32'),
  },
  within: { acos: tf.acos, asin: tf.asin, atanh: tf.atanh },
  positive: { log: tf.log, log1p: tf.log1p, reciprocal: tf.reciprocal, rsqrt: tf.rsqrt, sqrt: tf.sqrt },
  above: { acosh: tf.acosh },
}

const kinds = Object.keys(smooth) as (keyof typeof smooth)[]

const all = (xs: readonly tf.Tensor[], call: (op: Op, x: tf.Tensor) => unknown) =>
  Object.fromEntries(
    kinds.flatMap((kind, i) => Object.entries(smooth[kind]).map(([name, op]) => [name, call(op, xs[i] as tf.Tensor)])),
  )

const cases = fc.tuple(operands(), seeds).map(([x, seed]) => ({
  x,
  arrays: [
    normal(x, seed),
    between(-0.95, 0.95, x, seed, 'within'),
    between(0.1, 3, x, seed, 'positive'),
    between(1.1, 4, x, seed, 'above'),
  ],
}))

test('values, wherever the operand lies', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, arrays }) =>
      expectAgreement((...xs: tf.Tensor[]) => all(xs, (op, t) => op(lay(t, x))), arrays),
    ),
    runs(),
  ))

test('gradients', () =>
  fc.assert(
    fc.asyncProperty(cases, ({ x, arrays }) =>
      expectAgreement((...xs: tf.Tensor[]) => all(xs, (op, t) => gradientsOf((y) => op(lay(y, x)))(t)), arrays, {
        tolerance: 1e-4,
      }),
    ),
    runs(10),
  ))

test('integers and booleans', () =>
  fc.assert(
    fc.asyncProperty(operands(), seeds, (x, seed) =>
      expectAgreement(
        (i: tf.Tensor, b: tf.Tensor) => {
          const ops: Record<string, Op> = {
            abs: tf.abs,
            neg: tf.neg,
            sign: tf.sign,
            square: tf.square,
            relu: tf.relu,
            relu6: tf.relu6,
            round: tf.round,
            exp: tf.exp,
            step: tf.step,
            leakyRelu: tf.leakyRelu,
            erf: tf.erf,
            isNaN: tf.isNaN,
            isInf: tf.isInf,
            isFinite: tf.isFinite,
            clone: tf.clone,
            clip: (y) => tf.clipByValue(y, -2, Number.POSITIVE_INFINITY),
            float: (y) => tf.cast(y, 'float32'),
            bool: (y) => tf.cast(y, 'bool'),
          }
          const result = Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, op(lay(i, x))]))
          return {
            ...result,
            not: tf.logicalNot(lay(b, x)),
            boolAsFloat: tf.cast(lay(b, x), 'float32'),
            boolAsInt: tf.cast(lay(b, x), 'int32'),
            boolClone: tf.clone(lay(b, x)),
            absOfBool: tf.abs(lay(b, x)),
          }
        },
        [integers(-5, 9, x, seed), booleans(x, seed)],
      ),
    ),
    runs(8),
  ))

test('special values', async () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number
  const x = float32([nan, inf, -inf, 0, -0, 0.5, 1.5, 2.5, -0.5, -1.5, 3e38, 1e-40])
  await expectAgreement(
    (t: tf.Tensor) => ({
      isNaN: tf.isNaN(t),
      isInf: tf.isInf(t),
      isFinite: tf.isFinite(t),
      round: tf.round(tf.slice(t, 1)),
      clip: tf.clipByValue(t, -1, inf),
      abs: tf.abs(t),
      exp: tf.exp(t),
      sigmoid: tf.sigmoid(t),
      softplus: tf.softplus(tf.slice(t, 1)),
      bool: tf.cast(tf.slice(t, 0, 11), 'bool'), // 1e-40 counts as 0 in a graph
      toInt: tf.cast(tf.slice(t, 3, 7), 'int32'),
      // Tells -0 from 0, also among constants.
      signOfZero: tf.div(1, tf.mul(tf.tensor1d([0, -0]), tf.slice(t, 6, 2))),
    }),
    [x],
  )
})

test('small numbers keep their digits in exp(x) − 1 and log(1 + x)', async () => {
  const { POSITIVE_INFINITY: inf, NaN: nan } = Number
  const x = float32([1e-7, -1e-6, 3e-4, -0.01, 0.5, -0.9, 1, 3, 80, -80, 100, -inf, inf, nan])
  const fn = (t: tf.Tensor) => [tf.expm1(t), tf.log1p(t)]
  const [exp, log] = (await runOn(cpu, fn, [x])) as NDArray<'float32'>[]
  x.data.forEach((value, i) => {
    for (const [actual, expected] of [
      [exp!.data[i]!, Math.fround(Math.expm1(value))],
      [log!.data[i]!, Math.fround(Math.log1p(value))],
    ] as const) {
      if (Number.isFinite(expected)) expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-6)
      else expect(actual).toBe(expected)
    }
  })
})

test('integers at the ends of their range', async () => {
  const ends = [2 ** 31 - 1, -(2 ** 31) + 1, 2 ** 24 + 1]
  const fn = (t: tf.Tensor) => ({ abs: tf.abs(t), clip: tf.clipByValue(t, -1e30, 1e30), negative: tf.neg(t) })
  // The cpu backend computes these in float32.
  const expected = { abs: int32(ends.map(Math.abs)), clip: int32(ends), negative: int32(ends.map((x) => -x)) }
  expectClose(await runOn(cpu, fn, [int32(ends)]), expected, 0)
})

test('no kernel is left out', () => {
  // Those of @cascade-diffusion/ops are composed on the cpu backend.
  const missing = Object.keys(unaryKernels).filter((name) => !compared.has(name) && name !== 'Silu')
  expect(missing).toEqual([])
})
