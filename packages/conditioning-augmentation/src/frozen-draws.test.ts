import { isNDArray, type NDArray } from '@cascade-diffusion/arrays'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import type { DrawOptions } from './augmentation.ts'
import { type AugmentationConfig, augmentationOf } from './augmentation-table.ts'
import frozen from './fixtures/draws.json' with { type: 'json' }

// Checkpoints that were trained before must see the same numbers when they are resumed.
test.each(frozen)('draws of $config are those of earlier versions, bit for bit', ({ config, ...draws }) => {
  const augmentation = augmentationOf(config as AugmentationConfig, [3, 3, 1])
  const drawn = (options: Partial<DrawOptions>) =>
    Object.fromEntries(
      Object.entries(augmentation.draw({ shape: [4, 3, 3, 1], rng: rng(11), ...options }) as Record<string, NDArray>)
        .filter(([, array]) => isNDArray(array))
        .map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data: [...data] }]),
    )
  const level = config.name === 'gaussian-noise' ? 3 : 0
  expect(drawn({})).toEqual(draws.training)
  expect(drawn({ firstIndex: 5 })).toEqual(draws.from)
  expect(drawn({ level, firstIndex: 2 })).toEqual(draws.sampling)
})
