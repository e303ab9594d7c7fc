import '@tensorflow/tfjs-backend-cpu'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { conditionsOnLevel } from './conditions-on-level.ts'
import { noAugmentation } from './no-augmentation.ts'

test('draws nothing, gives z itself, and conditions the network on nothing', () => {
  const z = tf.ones<tf.Rank.R4>([2, 4, 4, 3])
  expect(noAugmentation.draw({ shape: z.shape, rng: rng(1) })).toEqual({})
  expect(noAugmentation.apply(z, {})).toBe(z)
  expect(conditionsOnLevel(noAugmentation, [4, 4, 3])).toBe(false)
})
