import '@tensorflow/tfjs-backend-cpu'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import { describe, expect, test } from 'vitest'
import { type AugmentationConfig, augmentationOf, augmentations } from './augmentation-table.ts'

const noise = { name: 'gaussian-noise', schedule: { name: 'cosine', steps: 20 } } as const
const configs: readonly AugmentationConfig[] = [
  { name: 'none' },
  noise,
  { name: 'gaussian-noise', schedule: { name: 'continuous-cosine' } },
  { name: 'noise-log-snr', logSnr: [-2, 5] },
  { name: 'gaussian-blur' },
  { name: 'jpeg', quality: [30, 90] },
  { name: 'down-up', factor: [1, 3] },
  { name: 'compose', augmentations: [{ name: 'gaussian-blur' }, noise] },
  { name: 'fixed', level: 3, augmentation: noise },
  { name: 'with-probability', probability: 0.5, augmentation: noise },
]

test('every augmentation of the table is here', () => {
  expect(new Set(configs.map(({ name }) => name))).toEqual(new Set(augmentations.names))
})

describe.each(['cpu', 'wasm'] as const)('on the engine %s', (engine) => {
  test.each(configs)('one program for all batch sizes does what is done eagerly: %j', async (config) => {
    const augmentation = augmentationOf(config, [8, 6, 3])
    const compiled = jit(augmentation.apply, { engine, dynamicBatch: true })
    for (const n of [2, 3, 5]) {
      const z = rng(n).uniform([n, 8, 6, 3])
      const drawn = augmentation.draw({ shape: z.shape, rng: rng(2) })
      const [made, expected] = [await compiled(z, drawn), await eager(augmentation.apply)(z, drawn)]
      expect(greatestDifference(made.data, expected.data)).toBeLessThan(1e-5)
    }
    await compiled.dispose()
  })
})
