import { float32, int32, type NDArray } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, test } from 'vitest'
import { cpu, portable } from '../../lower/target.ts'
import { runOn } from '../../testing/agreement.ts'

const rows = float32([1, 2, 3, 4, 5, 6], [3, 2])
const batch = float32([1, 2, 3, 4, 5, 6], [2, 3])

// biome-ignore lint/suspicious/noExplicitAny: operations of tensors of any rank
type Op = (x: any, indices: any) => tf.Tensor

const scatter: Op = (x, i) => tf.scatterND(i, tf.ones([1, 2]), x.shape)
const update: Op = (x, i) => tf.tensorScatterUpdate(tf.add(x, 0), i, tf.ones([1, 2]))

/** What is looked up where, with indices that are refused, and one that is the last. */
const cases: [string, Op, NDArray, refused: number[][], last: number[], shape: number[]][] = [
  ['gather', (x, i) => tf.gather(x, i), rows, [[-1], [-3], [3]], [2], [1]],
  ['gather along the last axis', (x, i) => tf.gather(x, i, -1), rows, [[-1], [2]], [1], [1]],
  [
    'gather in batches',
    (x, i) => tf.gather(x, i, 1, 1),
    batch,
    [
      [-1, 0],
      [0, -1],
      [3, 0],
      [0, 3],
    ],
    [2, 2],
    [2, 1],
  ],
  ['gatherND of rows', (x, i) => tf.gatherND(x, i), rows, [[-1], [3]], [2], [1, 1]],
  [
    'gatherND of elements',
    (x, i) => tf.gatherND(x, i),
    rows,
    [
      [-1, 0],
      [0, -1],
      [3, 0],
    ],
    [2, 1],
    [1, 2],
  ],
  ['scatterND', scatter, rows, [[-1], [3]], [2], [1, 1]],
  ['tensorScatterUpdate', update, rows, [[-1], [3]], [2], [1, 1]],
]

describe('indices beyond either end are refused, compiled as eagerly', () => {
  test.each(cases)('%s', async (_, op, x, refused, last, shape) => {
    for (const values of refused) {
      const indices = int32(values, shape)
      await expect(eager(op, { backend: 'cpu' })(x, indices)).rejects.toThrow()
      for (const target of [cpu, portable]) await expect(runOn(target, op, [x, indices])).rejects.toThrow(/indices/)
    }
    const expected = await eager(op, { backend: 'cpu' })(x, int32(last, shape))
    for (const target of [cpu, portable]) expect(await runOn(target, op, [x, int32(last, shape)])).toEqual(expected)
  })
})
