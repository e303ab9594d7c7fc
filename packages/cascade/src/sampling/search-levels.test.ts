import { int32, type NDArray } from '@cascade-diffusion/arrays'
import { ddim } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { alphaBar, type Given, tinyBase, tinyNetwork, tinySuperResolution, worstDifference } from '../test-support.ts'
import { cascadeSampler } from './cascade-sampler.ts'
import { searchLevels } from './search-levels.ts'

const seen: Given[] = []
const stage = tinySuperResolution({ network: tinyNetwork(seen) })
const params = tinyNetwork().init(rng(4))
const how = { sampler: ddim({ eta: 1 }), steps: [18, 3], compile: eager }
const cascade = cascadeSampler(
  [tinyBase(), stage].map((stage) => ({ stage, params })),
  how,
)

const lowRes = rng(1).uniform([4, 2, 2, 1])
const options = {
  count: 4,
  labels: int32([0, 1, 0, 1]),
  rng: rng(2),
  batchSize: 3,
  lowRes,
  levels: [0, 2, 9, 12],
  judge: async (images: NDArray<'float32'>, level: number) => ({ first: images.data[0]!, level }),
  objective: ({ level }: { level: number }) => (level - 8) ** 2,
}

/** What the last stage is sampled with. */
const { lowRes: _, judge: __, objective: ___, ...sampling } = options

test('samples and judges the last stage at each level, and finds the least objective', async () => {
  const { results, best } = await searchLevels(cascade, options)
  expect(results.map(({ level }) => level)).toEqual([0, 2, 9, 12])
  for (const { level, images, score } of results) {
    expect(images).toEqual(await cascade.sampleStage(1, { ...sampling, levels: [level] }, lowRes))
    expect(score).toEqual({ first: images.data[0], level })
  }
  expect(best).toBe(results[2])
  const least = (objective: (level: number) => number) =>
    searchLevels(cascade, { ...options, objective: ({ level }) => objective(level) }).then((r) => r.best.level)
  expect(await least((level) => level)).toBe(0)
  expect(await least((level) => -level)).toBe(12)
  expect(await least(() => 1)).toBe(0)
})

test('all levels start from the same small images and the same noise', async () => {
  seen.length = 0
  await searchLevels(cascade, { ...options, batchSize: 4 })
  const first = seen.filter((_, i) => i % 2 === 0)
  expect(first.map(({ level }) => level![0])).toEqual([0, 2, 9, 12])
  expect(first[0]!.lowRes).toEqual([...lowRes.data])
  for (const { xt } of first) expect(xt).toEqual(first[0]!.xt)
  const noises = first.slice(1).map(({ lowRes: zs, level }) => {
    const a = alphaBar(level![0]! - 1)
    return zs!.map((value, i) => (value - Math.sqrt(a) * lowRes.data[i]!) / Math.sqrt(1 - a))
  })
  for (const noise of noises) expect(worstDifference(noise, noises[0]!)).toBeLessThan(1e-5)
})

test('the levels of the stages between are 0', async () => {
  const third = tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4 })
  const three = cascadeSampler(
    [tinyBase(), stage, third].map((stage) => ({ stage, params })),
    how,
  )
  const small = rng(1).uniform([4, 4, 4, 1])
  const { results } = await searchLevels(three, { ...options, lowRes: small, levels: [5] })
  expect(results[0]?.images).toEqual(await three.sampleStage(2, { ...sampling, levels: [0, 5] }, small))
})

test('levels that cannot be searched are refused before any call of the network', async () => {
  seen.length = 0
  await expect(searchLevels(cascade, { ...options, levels: [] })).rejects.toThrow(
    'searchLevels: expected at least one level, got none',
  )
  for (const [wrong, message] of [
    [{ levels: 3 }, 'searchLevels: expected levels, a list, got 3'],
    [{ level: [3] }, "searchLevels: unknown option 'level'. Did you mean 'levels'?"],
    [{ judge: undefined }, 'searchLevels: expected judge, a function, got undefined'],
    [{ objective: 'fid' }, "searchLevels: expected objective, a function, got 'fid'"],
    [{ rng: 0 }, 'cascade: expected rng, a key such as rng(0) of @cascade-diffusion/random gives, got 0'],
  ] as const)
    await expect(searchLevels(cascade, { ...options, ...wrong } as never)).rejects.toThrow(message)
  await expect(searchLevels(cascade, { ...options, levels: [0, 13] })).rejects.toThrow('from 0 to 12, got 13')
  const alone = cascadeSampler([{ stage: tinyBase(), params }], how)
  await expect(searchLevels(alone, options)).rejects.toThrow("expected a super-resolution stage at the end, got 'base'")
  expect(seen).toEqual([])
})

test('an objective that is not a number is no judgement', async () => {
  await expect(searchLevels(cascade, { ...options, objective: () => 'bad' as never })).rejects.toThrow(
    "searchLevels: expected a number as the objective of level 0, got 'bad'",
  )
  await expect(searchLevels(cascade, { ...options, objective: () => Number.NaN })).rejects.toThrow(
    'searchLevels: expected a number as the objective of level 0, got NaN',
  )
})
