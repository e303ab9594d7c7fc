import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { cpu, portable } from '../lower/target.ts'
import { runOn } from '../testing/agreement.ts'

const most = Number.POSITIVE_INFINITY
const N = Number.NaN
const third = 1 / 3

// biome-ignore lint/suspicious/noExplicitAny: operations of tensors of any rank
type Op = (...xs: any[]) => tf.Tensor

const row = (x: tf.Tensor) => tf.reshape(x, [1, -1, 1, 1]) as tf.Tensor4D

/**
 * Where a derivative is a matter of convention: operations, operands, and the gradients that PyTorch 2.15 gives of
 * their sums.
 */
const cases: readonly (readonly [string, Op, number[][], number[][]])[] = [
  ['abs', tf.abs, [[-1, 0, 2]], [[-1, 0, 1]]],
  ['relu', tf.relu, [[-1, 0, 2]], [[0, 0, 1]]],
  ['relu6', tf.relu6, [[-1, 0, 3, 6, 7]], [[0, 0, 1, 0, 0]]],
  ['leakyRelu', (x) => tf.leakyRelu(x, 0.25), [[-1, 0, 2]], [[0.25, 0.25, 1]]],
  ['elu', tf.elu, [[-1, 0, 2]], [[0.3678794503211975, 1, 1]]],
  ['selu', tf.selu, [[-1, 0, 2]], [[0.6467686295509338, 1.7580993175506592, 1.0507010221481323]]],
  ['prelu', tf.prelu, [[-1, 0, 2], [0.25]], [[0.25, 0.25, 1], [-1]]],
  ['sign', tf.sign, [[-1, 0, 2]], [[0, 0, 0]]],
  ['round', tf.round, [[0.5, 1.2]], [[0, 0]]],
  ['clipByValue', (x) => tf.clipByValue(x, -1, 2), [[-1.5, -1, 0, 2, 3]], [[0, 0, 1, 0, 0]]],
  ['sqrt', tf.sqrt, [[0, 4]], [[most, 0.25]]],
  ['rsqrt', tf.rsqrt, [[0, 4]], [[-most, -0.0625]]],
  ['log', tf.log, [[0, 2]], [[most, 0.5]]],
  ['acos', tf.acos, [[0, 1]], [[-1, -most]]],
  [
    'maximum',
    tf.maximum,
    [
      [1, 2, 3],
      [1, 3, 2],
    ],
    [
      [0.5, 0, 1],
      [0.5, 1, 0],
    ],
  ],
  [
    'minimum',
    tf.minimum,
    [
      [1, 2, 3],
      [1, 3, 2],
    ],
    [
      [0.5, 1, 0],
      [0.5, 0, 1],
    ],
  ],
  ['max', (x) => tf.max(tf.reshape(x, [2, 3]), 1), [[1, 3, 3, 2, 2, 2]], [[0, 0.5, 0.5, third, third, third]]],
  ['min', (x) => tf.min(tf.reshape(x, [2, 3]), 1), [[1, 1, 3, 2, 2, 2]], [[0.5, 0.5, 0, third, third, third]]],
  ['max of all', (x) => tf.max(x), [[1, 3, 3, 2, 3, 2]], [[0, third, third, 0, third, 0]]],
  ['max with NaN', (x) => tf.max(x), [[1, N, 3]], [[N, N, N]]],
  ['x⁰', (x) => tf.pow(x, 0), [[0, 2]], [[0, 0]]],
  ['x¹', (x) => tf.pow(x, 1), [[0, 2]], [[1, 1]]],
  ['x²', (x) => tf.pow(x, 2), [[0, 2]], [[0, 4]]],
  ['√x', (x) => tf.pow(x, 0.5), [[0, 2]], [[most, 0.3535533845424652]]],
  ['1/x', (x) => tf.pow(x, -1), [[0, 2]], [[-most, -0.25]]],
  [
    'pow',
    tf.pow,
    [
      [0, 0, 0, 2, 0, -2, -2],
      [0, 1, 2, 0, 0.5, 2, 3],
    ],
    [
      [0, 1, 0, 0, most, -4, 12],
      [0, 0, 0, 0.6931471824645996, 0, N, N],
    ],
  ],
  ['0⁻¹', tf.pow, [[0], [-1]], [[-most], [-most]]],
  ['norm', (x) => tf.norm(x), [[0, 0]], [[0, 0]]],
  ['norm, sum of magnitudes', (x) => tf.norm(x, 1), [[0, 3]], [[0, 1]]],
  ['norm, greatest magnitude', (x) => tf.norm(x, most), [[3, -3, 1]], [[0.5, -0.5, 0]]],
  ['prod', (x) => tf.prod(tf.reshape(x, [3, 3]), 1), [[0, 2, 3, 0, 0, 3, 1, 2, 3]], [[6, 0, 0, 0, 0, 0, 6, 3, 2]]],
  ['cumprod', (x) => tf.cumprod(x), [[2, 0, 3, 0, 5]], [[1, 8, 0, 0, 0]]],
  ['maxPool', (x) => tf.maxPool(row(x), [3, 1], [2, 1], 'same'), [[2, 2, 2, 2, 2]], [[1, 1, 0, 1, 0]]],
  [
    'maxPool3d',
    (x) => tf.maxPool3d(tf.reshape(x, [1, 2, 2, 2, 1]) as tf.Tensor5D, 2, 1, 'valid'),
    [Array(8).fill(2)],
    [[1, ...Array(7).fill(0)]],
  ],
  ['topk', (x) => tf.topk(x, 2).values, [[3, 3, 1]], [[1, 1, 0]]],
  [
    'mod',
    tf.mod,
    [
      [4, -3],
      [2, 2],
    ],
    [
      [1, 1],
      [-2, 2],
    ],
  ],
  [
    'atan2',
    tf.atan2,
    [
      [0, 0, 1],
      [0, 1, 0],
    ],
    [
      [0, 1, 0],
      [0, 0, -1],
    ],
  ],
  [
    'floorDiv',
    (a, b) => tf.cast(tf.floorDiv(a, b), 'float32'),
    [
      [5, -3],
      [2, 2],
    ],
    [
      [0, 0],
      [0, 0],
    ],
  ],
  ['logSumExp', (x) => tf.logSumExp(x), [[1, 1]], [[0.5, 0.5]]],
]

describe('gradients at corners are those of PyTorch, compiled and eager', () => {
  test.each(cases)('%s', async (_, op, operands, expected) => {
    const gradients = (...xs: tf.Tensor[]) => tf.grads((...ys) => tf.sum(op(...ys)))(xs)
    const args = operands.map((values) => float32(values))
    const found = [
      await eager(gradients, { backend: 'cpu' })(...args),
      await runOn(cpu, gradients, args),
      await runOn(portable, gradients, args),
    ] as NDArray[][]
    for (const each of found)
      each.forEach(({ data }, k) => {
        data.forEach((slope, i) => {
          const right = expected[k]![i]!
          if (Number.isFinite(right)) expect(slope).toBeCloseTo(right, 6)
          else expect(slope).toBe(right)
        })
      })
  })
})

/** Where PyTorch gives NaN: a division that was not chosen, whose gradient is 0 times infinity there. */
test('what was not chosen has no gradient, even where it is infinite', async () => {
  const choices: Op[] = [
    (x) => tf.where(tf.equal(x, 0), tf.zerosLike(x), tf.div(6, x)),
    (x) => tf.divNoNan(tf.scalar(6), x),
  ]
  const gradients = (x: tf.Tensor) => choices.map((op) => tf.grad((y) => tf.sum(op(y)))(x))
  const x = float32([0, 2])
  for (const found of [await eager(gradients)(x), await runOn(cpu, gradients, [x])] as NDArray[][])
    for (const { data } of found) expect(Array.from(data, (slope) => slope + 0)).toEqual([0, -1.5])
})
