import { int32, rows } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { resampleStage } from '../../kinds/resample-stage.ts'
import type { StageNetwork } from '../../stage/stage-network.ts'
import { tinyBase, tinySuperResolution } from '../../test-support.ts'
import { cascadeSampler } from './cascade-sampler.ts'

const sampling = { sampler: { name: 'ddim' }, steps: [18, 3] } as const
const unet = { baseChannels: 8, channelMultipliers: [1, 1], residualBlocks: 1, normGroups: 4 }
const randomly = (network: StageNetwork, seed: number) =>
  Object.fromEntries(
    Object.entries(network.init(rng(seed))).map(([name, { shape }]) => {
      const drawn = rng(seed).fold(name).normal(shape)
      return [name, { ...drawn, data: drawn.data.map((x) => x / 5) }]
    }),
  )
const stage = <S extends { readonly network: StageNetwork }>(stage: S, seed: number) => ({
  stage,
  params: randomly(stage.network, seed),
  sampling,
})
const base = stage(tinyBase(unet), 1)
const sr = stage(tinySuperResolution({ network: unet }), 2)
const sr2 = stage(tinySuperResolution({ name: 'sr2', resolution: 12, lowResolution: 4, network: unet }), 3)
const cascade = cascadeSampler({ stages: [base, sr, sr2] }, { compile: eager })
const run = { labels: int32([0, 1]), rng: rng(9) }

test('images larger than in training go through all later stages, by the same factors', async () => {
  const photos = rng(1).uniform([2, 5, 3, 1])
  const [large, last] = await cascade.sample({ ...run, lowRes: photos, from: 'sr' })
  expect([large!.shape, last!.shape]).toEqual([
    [2, 10, 6, 1],
    [2, 30, 18, 1],
  ])
  const one = { lowRes: rows(photos, 1, 2), labels: int32([1]), rng: rng(9), firstIndex: 1 }
  expect((await cascade.sample({ ...one, from: 'sr' }))[0]).toEqual(rows(large!, 1, 2))
  // The first stage that takes them, where none takes exactly them.
  expect(await cascade.sample({ ...run, lowRes: photos })).toEqual([large, last])
  expect((await cascade.sample({ ...run, lowRes: rng(1).uniform([2, 4, 4, 1]) }))[0]!.shape).toEqual([2, 12, 12, 1])
  expect((await cascade.sample({ ...run, from: 'sr', lowRes: rng(1).uniform([2, 4, 4, 1]) }))[1]!.shape).toEqual([
    2, 24, 24, 1,
  ])
})

test('a resampler follows', async () => {
  const down = { stage: resampleStage({ name: 'down', resolution: [2, 2], imageChannels: 1, method: 'area' }) }
  const sampler = cascadeSampler({ stages: [base, sr, down] }, { compile: eager })
  const images = await sampler.sample({ ...run, lowRes: rng(1).uniform([2, 4, 2, 1]) })
  expect(images.map(({ shape }) => shape)).toEqual([
    [2, 8, 4, 1],
    [2, 4, 2, 1],
  ])
})

test('what cannot be made larger is refused before the first step', async () => {
  const fixed = { ...sr2, stage: tinySuperResolution({ name: 'sr2', resolution: 12, lowResolution: 4 }) }
  const sampler = cascadeSampler({ stages: [base, sr, fixed] }, { compile: eager })
  const ask = (lowRes: ReturnType<ReturnType<typeof rng>['uniform']>, from?: string) =>
    sampler.sample({ ...run, lowRes, from })
  await expect(ask(rng(1).uniform([2, 4, 3, 1]), 'sr')).rejects.toThrow(
    "stage 'sr2': expected images of 4×4, since its network has one size, got 8×6",
  )
  await expect(ask(rng(1).uniform([2, 5, 5, 1]), 'sr2')).rejects.toThrow(
    "stage 'sr2': expected small images lowRes, float32 [2,4,4,1], got float32 [2,5,5,1]",
  )
  await expect(ask(rng(1).uniform([2, 1, 2, 1]), 'sr')).rejects.toThrow(
    "stage 'sr': expected small images lowRes, float32 [2,2,2,1] or larger, got float32 [2,1,2,1]",
  )
  const halving = tinySuperResolution({ name: 'sr3', resolution: [6, 4], lowResolution: [4, 4], network: unet })
  const third = cascadeSampler({ stages: [stage(halving, 4)] }, { compile: eager })
  await expect(third.sample({ ...run, lowRes: rng(1).uniform([2, 5, 4, 1]) })).rejects.toThrow(
    "stage 'sr3': expected images that 4×4 → 6×4 makes whole pixels of, got 5×4, which would become 7.5×4",
  )
  await expect(third.sample({ ...run, lowRes: rng(1).uniform([2, 6, 5, 1]) })).rejects.toThrow(
    "stage 'sr3': expected a network for images of 9×5: unet: expected",
  )
})
