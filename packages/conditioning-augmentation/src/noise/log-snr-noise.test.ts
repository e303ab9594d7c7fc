import '@tensorflow/tfjs-backend-cpu'
import { type NDArray, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import { checkLevel, defaultLevel } from '../augmentation.ts'
import { logSnrNoise } from './log-snr-noise.ts'

const [min, max] = [-4, 12]
const z = rng(1).uniform([6, 4, 4, 3])

describe.each([
  ['compiled', jit],
  ['eagerly', eager],
] as const)('%s', (_, compile) => {
  test.each([true, false])(
    'noise has the log-SNR that the network is conditioned on; variance-preserving: %s',
    async (preserving) => {
      const augmentation = logSnrNoise({ logSnr: [min, max], variancePreserving: preserving })
      expect(augmentation.noiseLevel !== undefined).toBe(preserving)
      const drawn = augmentation.draw({ shape: z.shape, rng: rng(2) })
      const apply = compile(augmentation.apply)
      const zs = await apply(z, drawn)
      expect(drawn.level).toMatchObject({ dtype: 'float32', shape: [6] })
      drawn.level.data.forEach((logSnr, i) => {
        // λ = ln(alpha² / sigma²) with alpha² + sigma² = 1; or alpha = 1.
        const alpha = preserving ? Math.sqrt(1 / (1 + Math.exp(-logSnr))) : 1
        const sigma = preserving ? Math.sqrt(1 - alpha ** 2) : Math.exp(-logSnr / 2)
        const [image, clean, noise] = [zs, z, drawn.noise].map((a) => rows(a as NDArray, i, i + 1).data)
        const expected = Array.from(clean!, (v, k) => alpha * v + sigma * noise![k]!)
        expect(greatestDifference(image!, expected)).toBeLessThan(3e-6 * (1 + sigma))
      })
      const clean = augmentation.draw({ shape: z.shape, rng: rng(2), level: 0 })
      expect((await apply(z, clean)).data).toEqual(z.data)
      expect([...new Set(clean.level.data)]).toEqual([max])
      await apply.dispose()
    },
  )
})

test('log-SNRs are uniform over their range; s runs from the greatest to the least', () => {
  const augmentation = logSnrNoise({ logSnr: [min, max] })
  const levels = [...augmentation.draw({ shape: [4000, 1, 1, 1], rng: rng(3) }).level.data]
  expect(Math.min(...levels)).toBeGreaterThanOrEqual(min)
  expect(Math.max(...levels)).toBeLessThanOrEqual(max)
  expect(Math.max(...levels) - Math.min(...levels)).toBeGreaterThan(0.99 * (max - min))
  const mean = levels.reduce((sum, x) => sum + x) / 4000
  expect(Math.abs(mean - 4)).toBeLessThan((4 * 16) / Math.sqrt(12 * 4000))
  const at = (level: number) => augmentation.draw({ shape: [1, 1, 1, 1], rng: rng(3), level }).level.data[0]
  expect([0.25, 0.5, 1].map(at)).toEqual([8, 4, -4])
  const { alpha, sigma } = augmentation.noiseLevel!(0.5)
  expect(2 * Math.log(alpha / sigma)).toBeCloseTo(4, 12)
  expect(alpha ** 2 + sigma ** 2).toBeCloseTo(1, 14)
  expect(augmentation.noiseLevel!(0)).toEqual({ alpha: 1, sigma: 0 })
})

test('levels are numbers from 0 to 1', () => {
  const augmentation = logSnrNoise({ logSnr: [min, max] })
  expect(defaultLevel(augmentation)).toBe(0)
  expect(checkLevel(augmentation, 0.3)).toBe(0.3)
  expect(() => checkLevel(augmentation, 1.5)).toThrow('a level s of noise-log-snr, a number from 0 to 1, got 1.5')
})

test.each([
  [{ logSnr: [3, 3] }, 'logSnrNoise: expected logSnr, [min, max] with min < max, got [3, 3]'],
  [{ logSnr: [3, Number.POSITIVE_INFINITY] }, 'expected logSnr, [min, max] with min < max, got [3, Infinity]'],
  [{ logSnr: { min: 0, max: 1 } }, 'expected logSnr, [min, max] with min < max, got an object'],
  [{ logSnr: [-400, 0], variancePreserving: false }, 'expected something left of the image at level 1'],
  [{ logSnr: [0, 1], variancePreserving: 'no' }, "expected variancePreserving, true or false, got 'no'"],
  [{ logsnr: [0, 1] }, "unknown option 'logsnr'. Did you mean 'logSnr'?"],
])('%j is refused', (options, message) => {
  expect(() => logSnrNoise(options as never)).toThrow(message)
})
