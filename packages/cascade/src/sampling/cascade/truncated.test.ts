import { int32 } from '@cascade-diffusion/arrays'
import { noiseLevel } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import type { DiffusionCascadeStage } from '../../cascade/cascade.ts'
import { imagesStage } from '../../kinds/images-stage.ts'
import { type Given, halves, tinyBase, tinyNetwork, tinySuperResolution } from '../../test-support.ts'
import { stageSampler } from '../stage/stage-sampler.ts'
import { cascadeSampler } from './cascade-sampler.ts'

const seen: Given[] = []
const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 10, 3] } as const
const params = tinyNetwork().init(rng(4))
const stages: DiffusionCascadeStage[] = [
  { stage: tinyBase(tinyNetwork(seen)), params, sampling },
  { stage: tinySuperResolution(), params, sampling, level: 6, truncated: true },
  { stage: tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4 }), params, sampling, level: 2 },
]
const cascade = cascadeSampler({ stages }, { compile: eager })
const run = { count: 3, labels: int32([0, 1, 1]), rng: rng(9) }
const at = (index: number) => stageSampler(stages[index]!, { ...sampling, compile: eager })
const stop = (level: number) => noiseLevel(stages[0]!.stage.process.schedule, level - 1)

test('the stage below stops at s and hands over its z_s', async () => {
  const [z, large, last] = await cascade.sample(run)
  expect(z).toEqual(await at(0).sample({ ...run, rng: rng(9).fold('base'), stop: stop(6) }))
  const upper = { ...run, rng: rng(9).fold('sr'), lowRes: z!, level: 6, augmented: true }
  expect(large).toEqual(await at(1).sample(upper))
  expect(last).toEqual(await at(2).sample({ ...run, rng: rng(9).fold('sr2'), lowRes: large!, level: 2 }))
  const batches = []
  for await (const { images } of cascade.stream({ ...run, batchSize: 2, to: 'sr' })) batches.push(...images[1]!.data)
  expect(batches).toEqual([...large!.data])
})

test('each stage is truncated or not, as the options say', async () => {
  const [finished, ...rest] = await cascade.sample({ ...run, levels: { sr: { level: 6, truncated: false } } })
  expect(finished).toEqual(await at(0).sample({ ...run, rng: rng(9).fold('base') }))
  expect(rest[0]).toEqual(await at(1).sample({ ...run, rng: rng(9).fold('sr'), lowRes: finished!, level: 6 }))
  // A number has the way of the cascade.
  expect(await cascade.sample({ ...run, levels: { sr: 9 } })).toEqual(
    await cascade.sample({ ...run, levels: [{ level: 9, truncated: true }, 2] }),
  )
  // Without a number, the level is that of the cascade.
  expect(await cascade.sample({ ...run, levels: { sr: { truncated: false } } })).toEqual([finished, ...rest])
  const all = await cascade.sample({ ...run, levels: { sr: 6, sr2: { level: 2, truncated: true } } })
  const middle = { ...run, rng: rng(9).fold('sr'), lowRes: all[0]!, level: 6, augmented: true, stop: stop(2) }
  expect(all[1]).toEqual(await at(1).sample(middle))
  expect(all[2]).not.toEqual((await cascade.sample(run))[2])
  // A stage that is the last one is finished.
  expect(await cascade.sample({ ...run, to: 'base' })).toEqual([finished])
})

test('fewer steps are computed', async () => {
  seen.length = 0
  await cascade.sample({ ...run, to: 'sr' })
  // Of the steps 18, 10 and 3, those above the stop at step 5.
  expect(seen.map(({ noise }) => noise![0])).toEqual([18, 10])
})

test('given images are finished, unless they are said to be z_s', async () => {
  const [z, large] = await cascade.sample({ ...run, to: 'sr' })
  expect(await cascade.sample({ ...run, lowRes: z!, augmented: true, to: 'sr' })).toEqual([large])
  const photos = rng(1).uniform([3, 2, 2, 1])
  const expected = { ...run, rng: rng(9).fold('sr'), lowRes: photos, level: 6 }
  expect(await cascade.sample({ ...run, lowRes: photos, to: 'sr' })).toEqual([await at(1).sample(expected)])
  await expect(
    cascade.sample({ ...run, lowRes: photos, levels: { sr: { level: 6, truncated: true } } }),
  ).rejects.toThrow(
    "stage 'sr': expected non-truncated sampling of the images lowRes, or augmented: true if they are its z_s, got truncated",
  )
})

const augmentedBy = (schedule: object) =>
  tinySuperResolution({ augmentation: { name: 'gaussian-noise', schedule, maxLevel: 12 } as never })

test.each([
  [
    [stages[0]!, { ...stages[1]!, stage: augmentedBy({ name: 'linear', steps: 20 }) }],
    /stage 'sr': .*the schedule of 'base'.* at s = 6, ᾱ is 0\.\d+ in 'base', but 0\.\d+ in the gaussian-noise of 'sr'/,
  ],
  [
    [stages[0]!, { ...stages[1]!, stage: tinySuperResolution({ augmentation: { name: 'gaussian-blur' } }), level: 0 }],
    /stage 'sr': expected an augmentation by a forward process for truncated sampling, such as gaussian-noise, got gaussian-blur/,
  ],
  [
    [{ ...stages[0]!, sampling: { ...sampling, steps: [3, 1] } }, stages[1]!],
    /stage 'base', truncated at s = 6 of 'sr': /,
  ],
])('a truncated stage that does not fit the one below is refused when the cascade is built %#', (wrong, message) => {
  expect(() => cascadeSampler({ stages: wrong }, { compile: eager })).toThrow(message)
})

test('and before the first step, where the options ask for it', async () => {
  seen.length = 0
  const photos = { stage: imagesStage({ name: 'photos', images: halves(3, 2) }) }
  const sr = { ...stages[1]!, truncated: false }
  const ask = { ...run, labels: undefined, levels: [{ level: 6, truncated: true }] }
  const sampler = cascadeSampler({ stages: [photos, sr] }, { compile: eager })
  await expect(sampler.sample(ask)).rejects.toThrow("before it for truncated sampling, got 'photos' (images)")
  const linear = { ...sr, stage: augmentedBy({ name: 'linear', steps: 20 }) }
  const other = cascadeSampler({ stages: [stages[0]!, linear] }, { compile: eager })
  await expect(other.sample({ ...run, levels: ask.levels })).rejects.toThrow("the schedule of 'base'")
  await expect(cascade.sample({ ...run, levels: { sr: { level: 6, truncated: 'yes' as never } } })).rejects.toThrow(
    "stage 'sr': expected truncated, true or false, got 'yes'",
  )
  await expect(cascade.sample({ ...run, levels: { sr: { level: 6, truncate: true } as never } })).rejects.toThrow(
    "stage 'sr': its level: unknown option 'truncate'. Did you mean 'truncated'?",
  )
  await expect(cascade.sample({ ...run, levels: { sr: { level: 13 } } })).rejects.toThrow('from 0 to 12, got 13')
  expect(seen).toEqual([])
})
