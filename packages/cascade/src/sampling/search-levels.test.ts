import { int32 } from '@cascade-diffusion/arrays'
import { ddim } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import { expect, test, vi } from 'vitest'
import { alphaBar, type Given, tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import { cascadeSampler } from './cascade-sampler.ts'
import { type LevelCandidate, searchLevels } from './search-levels.ts'

const seen: Given[] = []
const stage = tinySuperResolution({ network: tinyNetwork(seen) })
const params = tinyNetwork().init(rng(4))
const how = { sampler: ddim({ eta: 1 }), steps: [18, 3], compile: eager }
const cascade = cascadeSampler(
  [tinyBase(), stage].map((stage) => ({ stage, params })),
  how,
)

const lowRes = rng(1).uniform([4, 2, 2, 1])
const sampling = { count: 4, labels: int32([0, 1, 0, 1]), rng: rng(2), batchSize: 3 }
const options = {
  sampling,
  lowRes,
  levels: [0, 2, 9, 12],
  evaluate: async ({ level, images }: LevelCandidate) => ({ first: images.data[0]!, level }),
  objective: ({ level }: { level: number }) => (level - 8) ** 2,
}

test('samples and evaluates the last stage at each level, and finds the least objective', async () => {
  const progress = vi.fn()
  const { trials, best } = await searchLevels(cascade, { ...options, progress })
  expect(trials.map(({ candidate }) => candidate.level)).toEqual([0, 2, 9, 12])
  for (const { candidate, evaluation, objective } of trials) {
    const { level, images } = candidate
    expect([images]).toEqual(await cascade.sample({ ...sampling, levels: [level], lowRes }))
    expect(evaluation).toEqual({ first: images.data[0], level })
    expect(objective).toBe((level - 8) ** 2)
  }
  expect(best).toBe(trials[2])
  expect(progress).toHaveBeenCalledTimes(4)
  expect(progress).toHaveBeenLastCalledWith({ trial: trials[3], best, done: 4, total: 4 })
  const least = (evaluate: (level: number) => number) =>
    searchLevels(cascade, {
      lowRes,
      sampling,
      levels: options.levels,
      evaluate: ({ level }) => evaluate(level),
    }).then((r) => r.best.candidate.level)
  expect(await least((level) => level)).toBe(0)
  expect(await least((level) => -level)).toBe(12)
  expect(await least(() => 1)).toBe(0)
})

test('all levels start from the same small images and the same noise', async () => {
  seen.length = 0
  await searchLevels(cascade, { ...options, sampling: { ...sampling, batchSize: 4 } })
  const first = seen.filter((_, i) => i % 2 === 0)
  expect(first.map(({ level }) => level![0])).toEqual([0, 2, 9, 12])
  expect(first[0]!.lowRes).toEqual([...lowRes.data])
  for (const { xt } of first) expect(xt).toEqual(first[0]!.xt)
  const noises = first.slice(1).map(({ lowRes: zs, level }) => {
    const a = alphaBar(level![0]! - 1)
    return zs!.map((value, i) => (value - Math.sqrt(a) * lowRes.data[i]!) / Math.sqrt(1 - a))
  })
  for (const noise of noises) expect(greatestDifference(noise, noises[0]!)).toBeLessThan(1e-5)
})

test('any stage can be searched, from the images of the stage below', async () => {
  const third = tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4 })
  const three = cascadeSampler(
    [tinyBase(), stage, third].map((stage) => ({ stage, params })),
    how,
  )
  const small = rng(1).uniform([4, 4, 4, 1])
  const { best } = await searchLevels(three, { ...options, lowRes: small, levels: [5] })
  expect([best.candidate.images]).toEqual(
    await three.sample({ ...sampling, levels: [0, 5], from: 'sr2', lowRes: small }),
  )
  const middle = await searchLevels(three, { ...options, stage: 1, levels: [5] })
  const [images] = await three.sample({ ...sampling, levels: [5, 0], lowRes })
  expect(middle.best.candidate.images).toEqual(images)
})

test('an abort ends the search, while it samples too', async () => {
  const controller = new AbortController()
  const progress = () => controller.abort(new Error('enough'))
  for (const aborting of [{ progress }, { sampling: { ...sampling, progress } }])
    await expect(searchLevels(cascade, { ...options, ...aborting, signal: controller.signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
})

test('levels that cannot be searched are refused before any call of the network', async () => {
  seen.length = 0
  await expect(searchLevels(cascade, { ...options, levels: [] })).rejects.toThrow(
    'searchLevels: expected at least one level, got none',
  )
  for (const [wrong, message] of [
    [{ levels: 3 }, 'searchLevels: expected levels, a list, got 3'],
    [{ level: [3] }, "searchLevels: unknown option 'level'. Did you mean 'levels'?"],
    [{ evaluate: undefined }, 'searchLevels: expected evaluate, a function (of a candidate), got undefined'],
    [{ objective: 'fid' }, 'searchLevels: expected objective, a function (of an evaluation, lower is better), got'],
    [{ stage: 2 }, 'searchLevels: expected a stage, an integer from 0 to 1, got 2'],
    [{ stage: 0 }, "searchLevels: expected a super-resolution stage, got 'base'"],
    [{ sampling: undefined }, 'searchLevels: expected sampling, { count, labels, rng }, got undefined'],
    [{ sampling: { ...sampling, levels: [1] } }, 'expected levels and a signal beside sampling, got one inside'],
    [
      { sampling: { ...sampling, rng: 0 } },
      'cascade: expected rng, a key such as rng(0) of @cascade-diffusion/random gives, got 0',
    ],
  ] as const)
    await expect(searchLevels(cascade, { ...options, ...wrong } as never)).rejects.toThrow(message)
  await expect(searchLevels(cascade, { ...options, levels: [0, 13] })).rejects.toThrow('from 0 to 12, got 13')
  const alone = cascadeSampler([{ stage: tinyBase(), params }], how)
  await expect(searchLevels(alone, options)).rejects.toThrow("expected a super-resolution stage, got 'base'")
  await expect(searchLevels(cascade.stages[1] as never, options)).rejects.toThrow(
    'searchLevels: expected a sampler, as cascadeSampler makes it, got an object',
  )
  expect(seen).toEqual([])
})

test('an objective that is not a number ends the search', async () => {
  await expect(searchLevels(cascade, { ...options, objective: () => 'bad' as never })).rejects.toThrow(
    "searchLevels: expected an objective that is a number, got 'bad' in trial 1",
  )
  await expect(searchLevels(cascade, { ...options, objective: undefined })).rejects.toThrow(
    'searchLevels: expected an evaluation that is a number, got an object with first, level in trial 1',
  )
})
