import '@tensorflow/tfjs-backend-cpu'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import type { ConditioningAugmentation } from './augmentation.ts'
import { checkAugmentation, tryAugmentation } from './check-augmentation.ts'
import { gaussianNoise } from './gaussian-noise.ts'
import { noAugmentation } from './no-augmentation.ts'

/** Half of the image's mean at level 1. */
const fade: ConditioningAugmentation = {
  name: 'fade',
  maxLevel: 1,
  embedsLevel: true,
  sampleLevels: (n, key) => key.integers([n], 0, 2),
  apply: (z, level) => tf.mul(z, tf.reshape(tf.sub(1, tf.div(tf.cast(level, 'float32'), 2)), [-1, 1, 1, 1])),
}
const gaussian = gaussianNoise({ schedule: linearSchedule(40) })

test.each([fade, gaussian, noAugmentation])('$name is one', async (augmentation) => {
  expect(checkAugmentation(augmentation)).toBe(augmentation)
  for (const compile of [jit, eager]) await tryAugmentation(augmentation, [4, 4, 3], compile)
  const { numTensors } = tf.memory()
  tryAugmentation(augmentation, [4, 4, 3])
  expect(tf.memory().numTensors).toBe(numTensors)
})

test.each([
  ['blur', "expected a record of name, maxLevel, embedsLevel, sampleLevels, apply, got 'blur'"],
  [{ ...fade, name: undefined }, 'augmentation: expected a name, got undefined'],
  [{ ...fade, maxLevel: undefined }, "augmentation 'fade': expected maxLevel, an integer from 0, got undefined"],
  [{ ...fade, embedsLevel: 'yes' }, "expected embedsLevel, true or false, got 'yes'"],
  [{ ...fade, sampleLevels: undefined }, 'expected sampleLevels, a function ((n, rng) => int32 [n]), got undefined'],
  [{ ...fade, apply: undefined }, 'expected apply, a function ((z, level, noise) => z, corrupted), got undefined'],
  [{ ...fade, sampleLevels: () => 3 }, 'expected sampleLevels(64, rng) to give int32 [64], got 3'],
  [{ ...fade, sampleLevels: gaussian.sampleLevels }, 'expected levels from 0 to maxLevel 1, got'],
  [
    { ...fade, sampleLevels: () => ({ dtype: 'float32', shape: [64], data: new Float32Array(64) }) },
    'to give int32 [64], got float32 [64]',
  ],
])('%j is none', (wrong, message) => {
  expect(() => checkAugmentation(wrong as never)).toThrow(message)
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
      "augmentation 'fade': apply(z, level, noise) failed on images [3,4,4,1]: not written yet",
    ],
  ] as [ConditioningAugmentation['apply'], string][])('%s', async (apply, message) => {
    const augmentation = { ...fade, apply }
    if (compile) await expect(tryAugmentation(augmentation, [4, 4, 1], compile)).rejects.toThrow(message)
    else expect(() => tryAugmentation(augmentation, [4, 4, 1])).toThrow(message)
  })
})
