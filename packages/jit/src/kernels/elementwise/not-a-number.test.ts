import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { cpu, portable } from '../../lower/target.ts'
import { runOn } from '../../testing/agreement.ts'

const N = Number.NaN
const most = Number.POSITIVE_INFINITY
const rows = [
  [N, 1, 2],
  [1, N, 2],
  [1, 2, N],
  [N, N, N],
  [-most, N, most],
  [3, -most, most],
]

/** The results of an operation of each row. */
async function ofEach(op: (x: tf.Tensor) => tf.Tensor): Promise<number[][][]> {
  const fn = (xs: tf.Tensor[]) => xs.map((x) => tf.reshape(op(x), [-1]))
  const args = [rows.map((row) => float32(row))] as never
  const eagerly = await eager(fn as never, { backend: 'cpu' })(...(args as never[]))
  const results = [(eagerly as NDArray[]).map(({ data }) => Array.from(data))]
  for (const target of [cpu, portable]) {
    const found = (await runOn(target, fn as never, args)) as NDArray[]
    results.push(found.map(({ data }) => Array.from(data)))
  }
  return results
}

const expectEach = async (op: (x: tf.Tensor) => tf.Tensor, expected: number[][]) => {
  for (const found of await ofEach(op)) expect(found).toEqual(expected)
}

const column = (x: tf.Tensor) => tf.reshape(x, [1, -1, 1, 1]) as tf.Tensor4D

/** The right values are NumPy's and PyTorch 2.15's: no number where one is none, and before all numbers in an order. */
describe('NaN is not lost', () => {
  test('the greatest and the least', async () => {
    await expectEach((x) => tf.max(x), [[N], [N], [N], [N], [N], [most]])
    await expectEach((x) => tf.min(x), [[N], [N], [N], [N], [N], [-most]])
    await expectEach(
      (x) => tf.max(tf.stack([x, tf.zerosLike(x)]), 1),
      [
        [N, 0],
        [N, 0],
        [N, 0],
        [N, 0],
        [N, 0],
        [most, 0],
      ],
    )
    await expectEach((x) => tf.min(tf.stack([x, x]), 0, true), rows)
    await expectEach((x) => tf.norm(x, most), [[N], [N], [N], [N], [N], [most]])
  })
  test('places', async () => {
    await expectEach((x) => tf.argMax(x), [[0], [1], [2], [0], [1], [2]])
    await expectEach((x) => tf.argMin(x), [[0], [1], [2], [0], [1], [1]])
  })
  test('order', async () => {
    const values = [
      [N, 2, 1],
      [N, 2, 1],
      [N, 2, 1],
      [N, N, N],
      [N, most, -most],
      [most, 3, -most],
    ]
    await expectEach((x) => tf.topk(x, 3).values, values)
    await expectEach(
      (x) => tf.topk(x, 1).values,
      values.map(([first]) => [first as number]),
    )
    const places = [
      [0, 2, 1],
      [1, 2, 0],
      [2, 1, 0],
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
    ]
    await expectEach((x) => tf.topk(x, 3).indices, places)
  })
  test('bounds', async () => {
    await expectEach(
      (x) => tf.clipByValue(x, -1, 1),
      [
        [N, 1, 1],
        [1, N, 1],
        [1, 1, N],
        [N, N, N],
        [-1, N, 1],
        [1, -1, 1],
      ],
    )
    await expectEach(
      (x) => tf.maximum(0, x),
      [
        [N, 1, 2],
        [1, N, 2],
        [1, 2, N],
        [N, N, N],
        [0, N, most],
        [3, 0, most],
      ],
    )
  })
  test('running sums and products', async () => {
    await expectEach(
      (x) => tf.cumsum(x),
      [
        [N, N, N],
        [1, N, N],
        [1, 3, N],
        [N, N, N],
        [-most, N, N],
        [3, -most, N],
      ],
    )
    await expectEach(
      (x) => tf.cumprod(x),
      [
        [N, N, N],
        [1, N, N],
        [1, 2, N],
        [N, N, N],
        [-most, N, N],
        [3, -most, -most],
      ],
    )
  })
  test('windows', async () => {
    await expectEach((x) => tf.maxPool(column(x), [3, 1], 1, 'valid'), [[N], [N], [N], [N], [N], [most]])
    const same = [
      [N, N, 2],
      [N, N, N],
      [2, N, N],
      [N, N, N],
      [N, N, N],
      [3, most, most],
    ]
    await expectEach((x) => tf.maxPool(column(x), [3, 1], 1, 'same'), same)
    const volume = (x: tf.Tensor) => tf.reshape(x, [1, -1, 1, 1, 1]) as tf.Tensor5D
    await expectEach((x) => tf.maxPool3d(volume(x), [3, 1, 1], 1, 'same'), same)
    await expectEach(
      (x) => tf.dilation2d(column(x), tf.zeros([3, 1, 1]), 1, 'valid'),
      [[N], [N], [N], [N], [N], [most]],
    )
  })
  test('angles', async () => {
    await expectEach(
      (x) => tf.atan2(0, x),
      [
        [N, 0, 0],
        [0, N, 0],
        [0, 0, N],
        [N, N, N],
        [Math.fround(Math.PI), N, 0],
        [0, Math.fround(Math.PI), 0],
      ],
    )
  })
})
