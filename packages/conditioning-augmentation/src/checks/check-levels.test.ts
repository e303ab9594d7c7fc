import '@tensorflow/tfjs-backend-cpu'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import type { ConditioningAugmentation, DrawOptions } from '../augmentation.ts'
import { checkAugmentation } from './check-augmentation.ts'
import { tryAugmentation } from './try-augmentation.ts'

/** Fades images by a share from 0.2 to 0.8, on whose logarithm the network is conditioned. */
const fade: ConditioningAugmentation<{ level: tf.Tensor1D; share: tf.Tensor4D }> = {
  name: 'fade',
  minLevel: 0.2,
  maxLevel: 0.8,
  continuous: true,
  noiseLevel: (share) => ({ alpha: 1 - share, sigma: Math.sqrt(1 - (1 - share) ** 2) }),
  draw({ shape: [n = 0], rng, level, firstIndex }) {
    const shares = rng.fold('level').uniform([n], firstIndex).data
    const share = shares.map((u) => level ?? 0.2 + 0.6 * u)
    return { level: float32(share.map(Math.log)), share: float32(share, [n, 1, 1, 1]) }
  },
  apply: (z, { share }) => tf.mul(z, tf.sub(1, share)),
}
const shape = [4, 4, 1]
const drawing = (draw: (options: DrawOptions) => object) => ({ ...fade, draw })

test('levels need not be whole, nor begin at 0, nor be what the network is conditioned on', async () => {
  expect(checkAugmentation(fade, shape)).toBe(fade)
  await tryAugmentation(fade, shape, eager)
  // A whole number, with a number that stands for it.
  const whole = { ...fade, minLevel: 0, maxLevel: 1, continuous: false, noiseLevel: undefined }
  const discrete = {
    ...whole,
    draw: ({ shape: [n = 0], rng, level, firstIndex }: DrawOptions) => {
      const levels = rng.fold('level').integers([n], 0, 2, firstIndex).data
      const share = Array.from(levels, (drawn) => level ?? drawn)
      return { level: float32(share.map((s) => s - 100)), share: float32(share, [n, 1, 1, 1]) }
    },
  }
  expect(checkAugmentation(discrete, shape)).toBe(discrete)
  await tryAugmentation(discrete, shape, eager)
})

test.each([
  [{ ...fade, continuous: 'yes' }, "augmentation 'fade': expected continuous, true or false, got 'yes'"],
  [{ ...fade, continuous: false }, 'expected maxLevel, an integer from 0, got 0.8'],
  [{ ...fade, maxLevel: Number.POSITIVE_INFINITY }, 'expected maxLevel, a number from 0, got Infinity'],
  [{ ...fade, minLevel: -0.1 }, 'expected minLevel, a number from 0 to 0.8, got -0.1'],
  [{ ...fade, minLevel: 0.9 }, 'expected minLevel, a number from 0 to 0.8, got 0.9'],
  [{ ...fade, noiseLevel: 3 }, 'expected noiseLevel, a function ((level) => { alpha, sigma }), got 3'],
  [
    { ...fade, noiseLevel: () => undefined },
    'expected noiseLevel(0.2), { alpha, sigma } with alpha² + sigma² = 1, got',
  ],
  [{ ...fade, noiseLevel: () => ({ alpha: 1, sigma: 1 }) }, 'with alpha² + sigma² = 1, got alpha 1, sigma 1'],
  [{ ...fade, noiseLevel: () => ({ alpha: -1, sigma: 0 }) }, 'with alpha² + sigma² = 1, got alpha -1, sigma 0'],
  [
    { ...fade, minLevel: 0, noiseLevel: () => ({ alpha: 0.6, sigma: 0.8 }) },
    'expected noiseLevel(0), { alpha, sigma } with alpha² + sigma² = 1 and no noise, got alpha 0.6, sigma 0.8',
  ],
  [
    drawing(({ shape: [n = 0] }) => ({ level: int32(Array(n).fill(1)) })),
    'expected draw to give level, float32, since levels are continuous, got int32',
  ],
  [
    drawing(({ shape: [n = 0], level }) => ({ level: (level ? int32 : float32)(Array(n).fill(1)) })),
    'expected draw to give level of one type, float32, as in training, got int32',
  ],
  [
    drawing(({ shape: [n = 0], level, firstIndex = 0 }) => ({
      level: float32(Array.from({ length: n }, (_, i) => (level ? firstIndex + i : 1))),
    })),
    'expected draw to give one finite level at s = 0.2, got 0, 1, 2, 3',
  ],
  [
    drawing(({ shape: [n = 0], level }) => ({ level: float32(Array(n).fill(level ? Number.NaN : 1)) })),
    'expected draw to give one finite level at s = 0.2, got NaN, NaN, NaN, NaN',
  ],
  [
    drawing(({ shape: [n = 0], level }) => ({ level: float32(Array(n).fill(level ?? 1)) })),
    'expected levels from minLevel 0.2 to maxLevel 0.8, which draw gives as 0.20000000298023224 and 0.800000011920929, got 1',
  ],
])('%#: %s', (wrong, message) => {
  expect(() => checkAugmentation(wrong as never, shape)).toThrow(message)
})
