import { float32, int32 } from '@cascade-diffusion/arrays'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpu } from '../../lower/target.ts'
import { compared, expectAgreement, gradientsOf, runOn } from '../../testing/agreement.ts'
import { between, booleans, integers, lay, normal, operands, pairs, runs, seeds } from '../../testing/arbitraries.ts'
import { graphOf } from '../../testing/onnx-of.ts'
import { binaryKernels } from './binary.ts'

type Op = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor

const arithmetic: Record<string, Op> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
  mod: tf.mod,
  prelu: tf.prelu,
  atan2: tf.atan2,
}

const comparisons: Record<string, Op> = {
  equal: tf.equal,
  notEqual: tf.notEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
}

const apply = (ops: Record<string, Op>, a: tf.Tensor, b: tf.Tensor) =>
  Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, op(a, b)]))

test('values broadcast in both directions, wherever the operands lie', () =>
  fc.assert(
    fc.asyncProperty(pairs, seeds, ([a, b], seed) =>
      expectAgreement(
        (x: tf.Tensor, y: tf.Tensor, p: tf.Tensor) => ({
          ...apply(arithmetic, lay(x, a), lay(y, b)),
          ...apply(comparisons, tf.round(lay(x, a)), tf.round(lay(y, b))),
          floorDiv: tf.floorDiv(lay(x, a), lay(y, b)),
          pow: tf.pow(lay(p, a), lay(y, b)),
        }),
        [normal(a, seed, 'a'), normal(b, seed, 'b'), between(0.2, 2, a, seed)],
      ),
    ),
    runs(30),
  ))

/** Operations whose gradients in tfjs do not broadcast. */
const ofOneShape = ['maximum', 'minimum', 'squaredDifference', 'prelu']

const widened =
  (op: Op): Op =>
  (a, b) =>
    op(tf.add(a, tf.zerosLike(b)), tf.add(b, tf.zerosLike(a)))

test('gradients broadcast too', () =>
  fc.assert(
    fc.asyncProperty(pairs, seeds, ([a, b], seed) =>
      expectAgreement(
        (x: tf.Tensor, y: tf.Tensor, p: tf.Tensor) => {
          const mask = tf.greater(lay(x, a), tf.sub(1, lay(y, b)))
          const gradients = (op: Op, left: tf.Tensor) => gradientsOf((s, t) => op(lay(s, a), lay(t, b)))(left, y)
          return {
            ...Object.fromEntries(
              Object.entries(arithmetic).map(([name, op]) => [
                name,
                gradients(ofOneShape.includes(name) ? widened(op) : op, x),
              ]),
            ),
            pow: gradients(tf.pow, p),
            where: gradients((s, t) => tf.where(mask, s, t), x),
          }
        },
        // Away from 0, where the gradient of a quotient has no bound and errors grow with it.
        [normal(a, seed, 'a'), between(0.5, 2, b, seed, 'b'), between(0.2, 2, a, seed)],
        { tolerance: 1e-4 },
      ),
    ),
    runs(15),
  ))

test('integers and booleans', () =>
  fc.assert(
    fc.asyncProperty(pairs, seeds, ([a, b], seed) =>
      expectAgreement(
        (i: tf.Tensor, j: tf.Tensor, p: tf.Tensor, q: tf.Tensor) => {
          const [x, y, s, t] = [lay(i, a), lay(j, b), lay(p, a), lay(q, b)]
          const { prelu: _, atan2: __, ...exact } = arithmetic
          const named = (prefix: string, results: Record<string, tf.Tensor>) =>
            Object.fromEntries(Object.entries(results).map(([name, z]) => [`${prefix} ${name}`, z]))
          return {
            ...apply(exact, x, y),
            ...apply(comparisons, x, y),
            ...named('bool', apply(comparisons, s, t)),
            ...named('bool', apply({ and: tf.logicalAnd, or: tf.logicalOr, xor: tf.logicalXor }, s, t)),
            floorDiv: tf.floorDiv(x, y),
            pow: tf.pow(x, tf.abs(y)),
            mixed: tf.add(x, tf.cast(t, 'float32')),
            times: tf.mul(x, t),
            bits: tf.bitwiseAnd(tf.add(x, tf.zerosLike(y)), tf.add(y, tf.zerosLike(x))),
          }
        },
        [integers(-6, 7, a, seed, 'a'), integers(1, 4, b, seed, 'b'), booleans(a, seed, 'p'), booleans(b, seed, 'q')],
      ),
    ),
    runs(15),
  ))

test('quotients are rounded down, and remainders have the sign of the divisor', () =>
  expectAgreement(
    (x: tf.Tensor, y: tf.Tensor, i: tf.Tensor, j: tf.Tensor) => ({
      ...apply({ floorDiv: tf.floorDiv, mod: tf.mod }, x, y),
      ints: apply({ floorDiv: tf.floorDiv, mod: tf.mod, div: tf.div }, i, j),
    }),
    [
      float32([7, -7, 7, -7, 5.5, -5.5, 6, -6]),
      float32([3, 3, -3, -3, 2.5, 2.5, 3, 3]),
      int32([7, -7, 7, -7, 2 ** 31 - 1, -(2 ** 31) + 1]),
      int32([3, 3, -3, -3, 1, 7]),
    ],
  ))

test('angles in all quadrants, on the axes and at infinity', () => {
  const sides = [0, 1, -1, 1e-30, -3e30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return expectAgreement(
    (y: tf.Tensor, x: tf.Tensor) => tf.atan2(tf.expandDims(y, 1), x),
    [float32(sides), float32(sides)],
  )
})

test('the kernel that tfjs names for exclusive or', async () => {
  const [a, b] = [booleans({ shape: [8], perm: [0] }, 1), booleans({ shape: [8], perm: [0] }, 2)]
  const xor = (x: tf.Tensor, y: tf.Tensor) =>
    tf.getBackend() === 'trace' ? tf.engine().runKernel('LogicalXor', { a: x, b: y }) : tf.logicalXor(x, y)
  await expectAgreement(xor as Op, [a, b])
})

test('a division of integers by 0 does not end the process', async () => {
  const fn = (i: tf.Tensor) => [tf.floorDiv(i, tf.zerosLike(i)), tf.mod(i, tf.zerosLike(i))]
  await expect(runOn(cpu, fn, [int32([1, 0, -1])])).resolves.toHaveLength(2)
})

test('sums of many and choices', () =>
  fc.assert(
    fc.asyncProperty(operands(), fc.integer({ min: 1, max: 4 }), seeds, (x, count, seed) =>
      expectAgreement(
        (p: tf.Tensor, i: tf.Tensor, ...xs: tf.Tensor[]) => {
          const parts = xs.map((y) => lay(y, x))
          const [condition, integer] = [lay(p, x), lay(i, x)]
          return {
            addN: tf.addN(parts),
            addInts: tf.addN(parts.map(() => integer)),
            where: tf.where(condition, parts[0]!, parts.at(-1)!),
            mixed: tf.where(condition, integer, parts[0]!),
            integers: tf.where(condition, integer, tf.neg(integer)),
            booleans: tf.where(condition, tf.logicalNot(condition), condition),
            scalar: tf.where(condition, tf.scalar(2), parts[0]!),
          }
        },
        [
          booleans(x, seed),
          integers(-9, 9, x, seed),
          ...Array.from({ length: count }, (_, k) => normal(x, seed, `${k}`)),
        ],
      ),
    ),
    runs(),
  ))

test('an operation with its neutral element is none, unless the shape grows', () => {
  const traced = (fn: (x: tf.Tensor) => tf.Tensor) => graphOf(fn, [[2, 3]]).nodes.map((node) => node.op)
  expect(traced((x) => tf.add(tf.mul(1, tf.pow(tf.div(tf.sub(x, 0), 1), 1)), tf.zeros([3])))).toEqual([])
  expect(traced((x) => tf.add(0, x))).toEqual([])
  expect(traced((x) => tf.sub(0, x))).toEqual(['Constant', 'Sub'])
  expect(traced((x) => tf.div(1, x))).toEqual(['Constant', 'RealDiv'])
  expect(traced((x) => tf.add(x, tf.zeros([4, 2, 3])))).toEqual(['Constant', 'Add'])
})

test('no kernel is left out', () => {
  const missing = Object.keys(binaryKernels).filter((name) => !compared.has(name))
  // tfjs composes the first one itself.
  // That of @cascade-diffusion/ops is composed on the cpu backend; the gradient of SiLU is compared with the other
  // unary ones.
  expect(missing).toEqual(['LogicalXor', 'EluGrad', 'SiluGrad'])
})
