import '@tensorflow/tfjs-backend-cpu'
import { int32 } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import type { ConditioningAugmentation, DrawOptions } from '../augmentation.ts'
import { conditionsOnLevel } from '../conditions-on-level.ts'
import { gaussianBlur } from '../gaussian-blur.ts'
import { noAugmentation } from '../no-augmentation.ts'
import { gaussianNoise } from '../noise/gaussian-noise.ts'
import { checkAugmentation } from './check-augmentation.ts'
import { tryAugmentation } from './try-augmentation.ts'

/** Half of the image's values at level 1. */
const fade: ConditioningAugmentation<{ level: tf.Tensor1D }> = {
  name: 'fade',
  maxLevel: 1,
  draw: ({ shape: [n = 0], rng, level, firstIndex }) => ({
    level:
      level === undefined
        ? rng.fold('level').integers([n], 0, 2, firstIndex)
        : int32(Array.from({ length: n }, () => level)),
  }),
  apply: (z, { level }) => tf.mul(z, tf.reshape(tf.sub(1, tf.div(tf.cast(level, 'float32'), 2)), [-1, 1, 1, 1])),
}
const shape = [4, 4, 3]
const gaussian = gaussianNoise({ schedule: linearSchedule(40) })
const blur = gaussianBlur({ sigma: [0.4, 0.6] })

test.each([fade, gaussian, blur, noAugmentation] as ConditioningAugmentation[])(
  '$name is one',
  async (augmentation) => {
    expect(checkAugmentation(augmentation, shape)).toBe(augmentation)
    expect(conditionsOnLevel(augmentation, shape)).toBe(
      'level' in augmentation.draw({ shape: [2, ...shape], rng: rng(0) }),
    )
    for (const compile of [jit, eager]) await tryAugmentation(augmentation, shape, compile)
    const { numTensors } = tf.memory()
    tryAugmentation(augmentation, shape)
    expect(tf.memory().numTensors).toBe(numTensors)
  },
)

const { draw } = fade

test.each([
  ['blur', "expected a record of name, maxLevel, draw, apply, got 'blur'"],
  [{ ...fade, name: undefined }, 'augmentation: expected a name, got undefined'],
  [{ ...fade, maxLevel: undefined }, "augmentation 'fade': expected maxLevel, an integer from 0, got undefined"],
  [
    { ...fade, draw: undefined },
    'expected draw, a function (({ shape, rng, level, firstIndex }) => what apply needs), got',
  ],
  [{ ...fade, apply: undefined }, 'expected apply, a function ((z, drawn) => z, corrupted), got undefined'],
  [{ ...fade, draw: () => 3 }, 'expected draw to give a record of arrays, got 3'],
  [{ ...fade, draw: async () => ({}) }, 'expected draw to give a record of arrays, got a Promise'],
  [
    { ...fade, draw: () => ({ level: 3 }) },
    'expected draw to give level, an array of 8 rows, one for each image, got 3',
  ],
  [
    { ...fade, draw: ({ shape: [n = 0] }: DrawOptions) => ({ level: Array(n).fill(1) }) },
    'one for each image, got an array of 8; int32 and float32 of arrays make one',
  ],
  [
    { ...fade, draw: () => ({ x: int32([1]) }) },
    'expected draw to give x, an array of 8 rows, one for each image, got [1]',
  ],
  [
    { ...fade, draw: ({ shape: [n = 0] }: DrawOptions) => ({ level: rng(0).uniform([n, 1]) }) },
    'expected draw to give level, int32 or float32 [8], got float32 [8,1]',
  ],
  [{ ...gaussian, maxLevel: 1 }, 'expected levels from 0 to maxLevel 1, got'],
  [
    { ...fade, draw: (options: DrawOptions) => (options.level === undefined ? draw(options) : {}) },
    'expected draw to give a level in training and at a given level, or never, got one of them',
  ],
  [
    { ...fade, draw: ({ level, ...options }: DrawOptions) => draw({ ...options, level: level && 0 }) },
    'expected draw to give the level 1 that it is given, got 0, 0, 0, 0',
  ],
  [
    { ...fade, draw: ({ firstIndex, ...options }: DrawOptions) => draw(options) },
    "to depend on the key and the image's place in the whole set only, got another level where firstIndex is another",
  ],
])('%j is none', (wrong, message) => {
  expect(() => checkAugmentation(wrong as never, shape)).toThrow(message)
})

describe.each([
  ['compiled', jit],
  ['eagerly', eager],
  ['at once', undefined],
] as const)('%s, what apply gives is tried', (_, compile) => {
  test.each([
    [
      (z: tf.Tensor4D) => tf.mean(z, 3),
      'expected apply to give float32 [3,4,4,1], like the images that it is given, got',
    ],
    [(z: tf.Tensor4D) => tf.add(z, 0.1), 'expected apply to give the images themselves at level 0, got'],
    [(z: tf.Tensor4D) => tf.sqrt(tf.sub(z, 2)), 'expected apply to give finite values, got NaN at 0'],
    [
      () => {
        throw new Error('not written yet')
      },
      "augmentation 'fade': apply(z, drawn) failed on images [3,4,4,1]: not written yet",
    ],
  ] as [ConditioningAugmentation['apply'], string][])('%s', async (apply, message) => {
    const augmentation = { ...fade, apply }
    if (compile) await expect(tryAugmentation(augmentation, [4, 4, 1], compile)).rejects.toThrow(message)
    else expect(() => tryAugmentation(augmentation, [4, 4, 1])).toThrow(message)
  })
})
