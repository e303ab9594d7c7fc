import { concatenate, type NDArray, type Params } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { baseStage, type Stage, superResolutionStage } from '../../stage/stage.ts'
import { cascadeSampler } from './cascade-sampler.ts'

const process = { schedule: { name: 'cosine', steps: 20 } } as const
const common = {
  imageChannels: 1,
  classNames: ['a', 'b', 'c'],
  process,
  network: { baseChannels: 8, channelMultipliers: [1, 2], residualBlocks: 1 },
} as const
const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 11, 4] } as const

/** Weights without the zeros that networks begin with, which would hide the conditions. */
const weights = ({ network }: Stage): Params<NDArray> =>
  Object.fromEntries(
    Object.entries(network.init(rng(4))).map(([name, array]) => {
      const data = Float32Array.from(array.data, (x, i) => x + 0.1 * Math.sin(13 * i))
      return [name, { ...array, dtype: 'float32', data }]
    }),
  )
const base = baseStage({ name: 'base', resolution: 8, ...common })
const sr = superResolutionStage({
  name: 'sr',
  resolution: 12,
  lowResolution: 8,
  augmentation: { name: 'gaussian-noise', ...process, maxLevel: 15 },
  ...common,
})
const stages = [
  { stage: base, params: weights(base), sampling },
  { stage: sr, params: weights(sr), sampling, level: 6, truncated: true },
]

test('compiled U-Nets: equal batches give equal bits, alone or at once; other batches differ by rounding', async () => {
  const sampler = cascadeSampler({ stages }, { compile: jit })
  const run = { labels: 'uniform', rng: rng(3), batchSize: 2 } as const
  const whole = await sampler.sample({ ...run, count: 5 })
  const at = (firstIndex: number, count: number) => sampler.sample({ ...run, firstIndex, count })
  const parts = await Promise.all([at(0, 2), at(2, 2), at(4, 1)])
  expect(whole.map((_, i) => concatenate(parts.map((part) => part[i]!)))).toEqual(whole)
  const others = await sampler.sample({ ...run, count: 5, batchSize: 5 })
  for (const [i, images] of others.entries()) expect(greatestDifference(images.data, whole[i]!.data)).toBeLessThan(1e-3)

  // Images of two sizes at once, each as alone.
  const given = (size: number) => rng(size).uniform([2, size, size, 1])
  const options = (size: number) => ({ ...run, lowRes: given(size), levels: [{ level: 3, truncated: false }] })
  const atOnce = await Promise.all([8, 16].map((size) => sampler.sample(options(size))))
  for (const [i, size] of [8, 16].entries()) expect(await sampler.sample(options(size))).toEqual(atOnce[i])
  expect(atOnce.map(([images]) => images!.shape)).toEqual([
    [2, 12, 12, 1],
    [2, 24, 24, 1],
  ])
  await sampler.dispose()
})
