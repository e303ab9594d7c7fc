import '@tensorflow/tfjs-backend-cpu'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { noAugmentation } from './no-augmentation.ts'

test('gives z itself, at level 0, and tells the network nothing', () => {
  const z = tf.ones<tf.Rank.R4>([2, 4, 4, 3])
  const levels = noAugmentation.sampleLevels(2, rng(1))
  expect(levels).toEqual({ dtype: 'int32', shape: [2], data: Int32Array.of(0, 0) })
  expect(noAugmentation.apply(z, tf.tensor1d(levels.data, 'int32'), z)).toBe(z)
  expect(noAugmentation.embedsLevel).toBe(false)
})
