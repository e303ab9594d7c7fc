import '@tensorflow/tfjs-backend-cpu'
import '../gradients.ts'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { oneHot } from './one-hot.ts'

test('labels as rows of the identity, of one class too', () => {
  const rows = oneHot(tf.tensor1d([2, 0, -1, 3], 'int32'), 3)
  expect(rows.arraySync()).toEqual([
    [0, 0, 1],
    [1, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ])
  expect(rows.dtype).toBe('float32')
  expect(oneHot(tf.tensor1d([0, 0], 'int32'), 1).arraySync()).toEqual([[1], [1]])
  expect(oneHot(tf.zeros([2, 3], 'int32'), 1).shape).toEqual([2, 3, 1])
  for (const classes of [0, 1.5, -1])
    expect(() => oneHot(tf.tensor1d([0], 'int32'), classes)).toThrow('at least 1 class')
})
