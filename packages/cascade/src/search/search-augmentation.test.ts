import { int32 } from '@cascade-diffusion/arrays'
import { readBatch } from '@cascade-diffusion/data'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference, temporaryFolder } from '@cascade-diffusion/testing'
import { expect, expectTypeOf, test, vi } from 'vitest'
import type { Cascade } from '../cascade/cascade.ts'
import { imagesStage } from '../kinds/images-stage.ts'
import { cascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import { alphaBar, type Given, halves, tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import {
  type AugmentationCandidate,
  type AugmentationChoices,
  augmentationCandidates,
  type SearchAugmentationOptions,
} from './augmentation-plan.ts'
import { type SearchAugmentationResult, searchAugmentation } from './search-augmentation.ts'

const seen: Given[] = []
const params = tinyNetwork().init(rng(4))
const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 14, 3] } as const
const base = { stage: tinyBase(tinyNetwork(seen)), params, sampling }
const sr = { stage: tinySuperResolution({ network: tinyNetwork(seen) }), params, sampling }
const third = { stage: tinySuperResolution({ name: 'sr2', resolution: 8, lowResolution: 4 }), params, sampling }
const two: Cascade = { stages: [base, sr] }
const three: Cascade = { stages: [base, sr, third] }

const labels = int32([0, 1, 0, 1])
const common = { compile: eager, count: 4, labels, rng: rng(2), batchSize: 3 }
const nonTruncated = { ...common, ways: 'non-truncated' } as const
/** The least at level 8. */
const nearEight = { evaluate: ({ level }: { level: number }) => (level - 8) ** 2 }

test('samples and evaluates every level, and chooses the one of the least objective', async () => {
  const progress = vi.fn()
  const evaluated: string[] = []
  const { cascade, searches } = await searchAugmentation(two, {
    ...nonTruncated,
    levels: [0, 2, 9, 12],
    progress,
    async evaluate({ stage, level, truncated, images, labels: given, imagesOf }) {
      const direct = cascadeSampler({ stages: [base, { ...sr, level }] }, { compile: eager })
      const [small, large] = await direct.sample({ count: 4, labels, rng: rng(2) })
      expect(images).toEqual(large)
      expect(imagesOf).toEqual({ base: small, sr: large })
      expect(given).toEqual(labels)
      evaluated.push(`${stage} ${level} ${truncated}`)
      return { first: images.data[0]!, level }
    },
    objective: ({ level }) => (level - 8) ** 2,
  })
  expect(evaluated).toEqual(['sr 0 false', 'sr 2 false', 'sr 9 false', 'sr 12 false'])
  const [search] = searches
  expect(search!.trials.map(({ candidate, objective }) => [candidate.level, objective])).toEqual([
    [0, 64],
    [2, 36],
    [9, 1],
    [12, 16],
  ])
  expect(search!.best).toBe(search!.trials[2])
  expect(cascade.stages.map(({ level }) => level)).toEqual([undefined, 9])
  expect(progress).toHaveBeenCalledTimes(4)
  expect(progress).toHaveBeenLastCalledWith({ trial: search!.trials[3], best: search!.best, done: 4, total: 4 })
})

test('the base is sampled once, and all candidates have the same noise', async () => {
  seen.length = 0
  await searchAugmentation(two, { ...nonTruncated, batchSize: 4, levels: [0, 2, 9, 12], ...nearEight })
  const calls = seen.filter(({ lowRes }) => !lowRes)
  expect(calls).toHaveLength(3)
  const first = seen.filter(({ lowRes }) => lowRes).filter((_, i) => i % 3 === 0)
  expect(first.map(({ level }) => level![0])).toEqual([0, 2, 9, 12])
  for (const { xt } of first) expect(xt).toEqual(first[0]!.xt)
  const noises = first.slice(1).map(({ lowRes: zs, level }) => {
    const a = alphaBar(level![0]! - 1)
    return zs!.map((value, i) => (value - Math.sqrt(a) * first[0]!.lowRes![i]!) / Math.sqrt(1 - a))
  })
  for (const noise of noises) expect(greatestDifference(noise, noises[0]!)).toBeLessThan(1e-5)
})

test('a coarse grid is refined around its best: the optimum of a known objective is found', async () => {
  const levelsOf = async (options: Partial<SearchAugmentationOptions>) => {
    const { searches } = await searchAugmentation(two, { ...nonTruncated, ...nearEight, ...options })
    return searches[0]!.trials.map(({ candidate }) => candidate.level)
  }
  expect(await levelsOf({ levels: { count: 3 }, refine: 0 })).toEqual([0, 6, 12])
  expect(await levelsOf({ levels: { count: 3 } })).toEqual([0, 6, 12, 3, 9, 8, 11])
  expect(await levelsOf({ levels: [0, 12], refine: 3 })).toEqual([0, 12, 6, 3, 9, 8, 11])
  expect(await levelsOf({ levels: [0, 12] })).toEqual([0, 12])
  expect(await levelsOf({ levels: { sr: [12, 0] } })).toEqual([12, 0])
  // No whole level is left between 7, 8 and 9.
  const all = await levelsOf({ levels: { count: 3 }, refine: 9 })
  expect(all).toEqual([0, 6, 12, 3, 9, 8, 11, 7])
})

test('one stage after another, the lowest first; those above are sampled as the cascade says', async () => {
  const start: Cascade = { stages: [base, { ...sr, level: 4 }, { ...third, level: 5 }] }
  const tried: string[] = []
  const { cascade, searches } = await searchAugmentation(start, {
    ...nonTruncated,
    levels: { sr: [1, 7], sr2: [2, 10] },
    async evaluate({ stage, level, imagesOf }) {
      const levels = stage === 'sr' ? [level, 5] : [7, level]
      const direct = cascadeSampler(three, { compile: eager })
      const images = await direct.sample({ count: 4, labels, rng: rng(2), levels })
      expect(Object.values(imagesOf)).toEqual(images)
      tried.push(`${stage} ${level}`)
      return (level - 8) ** 2
    },
  })
  expect(tried).toEqual(['sr 1', 'sr 7', 'sr2 2', 'sr2 10'])
  expect(cascade.stages.map(({ level }) => level)).toEqual([undefined, 7, 10])
  expect(searches.map(({ stage }) => stage)).toEqual(['sr', 'sr2'])

  const one = await searchAugmentation(start, { ...nonTruncated, stages: ['sr2'], levels: [3, 9], ...nearEight })
  expect(one.cascade.stages.map(({ level }) => level)).toEqual([undefined, 4, 9])
})

test('both ways: the base stops at s, or ends and is augmented; at 0 they are one', async () => {
  seen.length = 0
  const evaluated: string[] = []
  const ways: SearchAugmentationOptions['ways'][] = [undefined, 'both', { sr: 'both' }]
  for (const given of ways) {
    const { cascade, searches } = await searchAugmentation(two, {
      ...common,
      ways: given,
      levels: [0, 4, 11],
      async evaluate({ level, truncated, imagesOf }) {
        evaluated.push(`${level} ${truncated}`)
        const direct = cascadeSampler(two, { compile: eager })
        const sampled = await direct.sample({ count: 4, labels, rng: rng(2), levels: [{ level, truncated }] })
        expect(Object.values(imagesOf)).toEqual(sampled)
        return truncated ? level : 20
      },
    })
    expect(evaluated.splice(0)).toEqual(['0 false', '4 false', '4 true', '11 false', '11 true'])
    expect(searches[0]!.best.candidate).toEqual({ stage: 'sr', level: 4, truncated: true })
    expect(cascade.stages[1]).toMatchObject({ level: 4, truncated: true })
  }
  const { table, chart } = await searchAugmentation(two, {
    ...common,
    levels: [0, 4],
    evaluate: ({ level, truncated }) => (truncated ? 1.25 : level),
  })
  expect(table).toBe(
    [
      'sr: objective by s',
      's  non-truncated    truncated',
      '0           0.00 *       0.00 *',
      '4           4.00         1.25',
      '',
    ].join('\n'),
  )
  for (const point of ['non-truncated at 4: 4', '>truncated at 4: 1.25', '>truncated at 0: 0'])
    expect(chart).toContain(point)
})

test('each way is refined around its own best', async () => {
  const { searches } = await searchAugmentation(two, {
    ...common,
    levels: [0, 6, 12],
    refine: 1,
    evaluate: ({ level, truncated }) => Math.abs(level - (truncated ? 12 : 6)),
  })
  const tried = searches[0]!.trials.map(({ candidate: { level, truncated } }) => `${level} ${truncated}`)
  expect(tried.slice(5)).toEqual(['3 false', '9 false', '9 true'])
})

test('a way that is not possible is left out, or refused if it is asked for', async () => {
  const process = { schedule: { name: 'linear', steps: 20 } } as const
  const augmentation = { name: 'gaussian-noise', ...process, maxLevel: 12 } as const
  const other: Cascade = {
    stages: [base, { ...sr, stage: tinySuperResolution({ augmentation }) }],
  }
  const options = { ...common, levels: [0, 4], ...nearEight }
  const { searches } = await searchAugmentation(other, options)
  expect(searches[0]!.trials.map(({ candidate }) => candidate.truncated)).toEqual([false, false])
  expect(() => augmentationCandidates(other, { ways: 'both' })).toThrow(
    "augmentationCandidates: stage 'sr': expected an augmentation by the schedule of 'base' for truncated sampling",
  )
  for (const ways of ['truncated', 'both'] as const)
    await expect(searchAugmentation(other, { ...options, ways })).rejects.toThrow(
      "searchAugmentation: stage 'sr': expected an augmentation by the schedule of 'base' for truncated sampling",
    )
})

test('a stage above images of another program is searched, non-truncated, with their labels', async () => {
  const source = halves(5, 2)
  const photos = imagesStage({ name: 'photos', images: source })
  const mixed: Cascade = { stages: [{ stage: photos }, sr] }
  const options = { ...common, labels: undefined, levels: [0, 4] }
  const { searches } = await searchAugmentation(mixed, {
    ...options,
    async evaluate({ level, labels, images, imagesOf }) {
      const first = await readBatch(source, [0, 1, 2, 3])
      expect([imagesOf.photos, labels]).toEqual([first.image, first.label])
      const [, direct] = await cascadeSampler(mixed, { compile: eager }).sample({
        count: 4,
        rng: rng(2),
        levels: [level],
      })
      expect(images).toEqual(direct)
      return level
    },
  })
  expect(searches[0]!.trials.map(({ candidate }) => candidate.truncated)).toEqual([false, false])
  await expect(searchAugmentation(mixed, { ...options, ...nearEight, ways: 'both' })).rejects.toThrow(
    "stage 'sr': expected a diffusion model before it for truncated sampling, got 'photos' (images)",
  )
  await expect(searchAugmentation({ stages: [sr] }, { ...common, ...nearEight })).rejects.toThrow(
    "searchAugmentation: expected a first stage that makes images, a base or images, got 'sr' (super-resolution)",
  )
})

test('the candidates are known before the search', async () => {
  const inWords = (choices: AugmentationChoices, cascade = two) =>
    augmentationCandidates(cascade, choices).map(({ stage, level, truncated }) => `${stage} ${level} ${truncated}`)
  expect(inWords({ levels: { count: 2 } })).toEqual(['sr 0 false', 'sr 12 false', 'sr 12 true'])
  expect(inWords({ levels: [5], ways: { sr2: 'truncated' } }, three)).toEqual(['sr 5 false', 'sr 5 true', 'sr2 5 true'])
  expect(inWords({}, two)).toHaveLength(9)
})

test('the first of equals is best, and an objective of ∞ is a failure', async () => {
  const least = async (evaluate: (level: number) => number) => {
    const options = { ...nonTruncated, levels: [0, 2, 9], evaluate: ({ level }: { level: number }) => evaluate(level) }
    return (await searchAugmentation(two, options)).searches[0]!.best.candidate.level
  }
  expect(await least((level) => level)).toBe(0)
  expect(await least((level) => -level)).toBe(9)
  expect(await least(() => 1)).toBe(0)
  expect(await least((level) => (level === 2 ? 1 : Infinity))).toBe(2)
})

test('the table and the chart show the objective of each level', async () => {
  const { table, chart } = await searchAugmentation(two, {
    ...nonTruncated,
    levels: [0, 12, 9],
    measure: 'FID',
    evaluate: ({ level }) => (level === 12 ? Infinity : (level - 8) ** 2),
  })
  expect(table).toBe(
    ['sr: FID by s', ' s  non-truncated', ' 0             64', ' 9              1 *', '12              ∞', ''].join(
      '\n',
    ),
  )
  expect(chart).toMatch(/^<svg /)
  for (const text of ['sr: FID by s', '>FID<', 'non-truncated at 9: 1']) expect(chart).toContain(text)
  const failed = await searchAugmentation(two, { ...nonTruncated, levels: [1], evaluate: () => Infinity })
  expect(failed.chart).toBeUndefined()
})

test('an abort ends the search, while it samples too', async () => {
  for (const name of ['progress', 'samplingProgress'] as const) {
    const controller = new AbortController()
    const stop = { [name]: () => controller.abort(new Error('enough')), signal: controller.signal }
    await expect(searchAugmentation(two, { ...nonTruncated, ...nearEight, ...stop })).rejects.toMatchObject({
      code: 'interrupted',
    })
  }
})

test('what cannot be searched is refused before any call of a network', async () => {
  seen.length = 0
  const options = { ...common, levels: [0, 2], ...nearEight }
  for (const [wrong, message] of [
    [{ levels: [] }, "searchAugmentation: stage 'sr': expected at least one level, got none"],
    [{ levels: 3 }, "searchAugmentation: stage 'sr': expected levels, a list or { count }, got 3"],
    [{ levels: { count: 1 } }, 'levels: expected count, an integer from 2, got 1'],
    [{ levels: [0, 13] }, 'from 0 to 12, got 13'],
    [{ levels: { sr3: [1] } }, "searchAugmentation: expected a super-resolution stage, one of 'sr'; got 'sr3'"],
    [{ level: [3] }, "searchAugmentation: unknown option 'level'. Did you mean 'levels'?"],
    [{ stages: ['base'] }, "searchAugmentation: expected a super-resolution stage, one of 'sr'; got 'base'"],
    [{ stages: 'sr' }, "searchAugmentation: expected stages, a list of names, got 'sr'"],
    [{ refine: -1 }, 'searchAugmentation: expected refine, an integer from 0, got -1'],
    [{ ways: 'trunkated' }, "expected ways, one of 'truncated', 'non-truncated', 'both'; got 'trunkated'"],
    [{ evaluate: undefined }, 'searchAugmentation: expected evaluate, a function (of a candidate), got undefined'],
    [{ objective: 'fid' }, 'expected objective, a function (of an evaluation, lower is better), got'],
    [{ compile: undefined }, 'searchAugmentation: expected compile, a function'],
    [{ count: 0 }, 'searchAugmentation: expected count, an integer from 1, got 0'],
    [
      { labels: undefined },
      "stage 'base': expected labels, a list of 4, 'balanced' or 'uniform', or one label for all images, got none",
    ],
    [{ rng: 0 }, 'searchAugmentation: expected rng, a key such as rng(0)'],
    [{ folder: '' }, "searchAugmentation: expected folder, a text, got ''"],
    [{ measure: 3 }, 'searchAugmentation: expected measure, a text, got 3'],
  ] as const)
    await expect(searchAugmentation(two, { ...options, ...wrong } as never)).rejects.toThrow(message)
  await expect(searchAugmentation({ stages: [base] }, options)).rejects.toThrow(
    'searchAugmentation: expected a super-resolution stage whose images are augmented, got none',
  )
  await expect(searchAugmentation([base, sr] as never, options)).rejects.toThrow(
    'searchAugmentation: expected a cascade, { stages }, got an array of 2',
  )
  expect(seen).toEqual([])
})

test('an objective that is not a number ends the search', async () => {
  const options = { ...nonTruncated, levels: [1], evaluate: ({ level }: { level: number }) => ({ level }) }
  await expect(searchAugmentation(two, { ...options, objective: () => 'bad' as never })).rejects.toThrow(
    "searchAugmentation: expected an objective that is a number, got 'bad' in trial 1",
  )
  await expect(searchAugmentation(two, options)).rejects.toThrow(
    'searchAugmentation: expected an evaluation that is a number, or an objective that makes one of it, got an object with level in trial 1',
  )
})

test('an evaluation that a folder cannot keep is refused', async () => {
  const evaluate = () => ({ fid: { values: Float32Array.of(1) } })
  const options = { ...nonTruncated, levels: [1], evaluate, objective: () => 1, folder: temporaryFolder() }
  await expect(searchAugmentation(two, options)).rejects.toThrow(
    'expected an evaluation of numbers, texts, lists and records, which a folder can keep, got a Float32Array of 1 at ' +
      'the evaluation.fid.values',
  )
})

test('figures are typed, and ways have names', () => {
  type Found = SearchAugmentationResult<{ readonly fid: number }>
  expectTypeOf<Found['searches'][number]['best']['evaluation']>().toEqualTypeOf<{ readonly fid: number }>()
  expectTypeOf<Found['searches'][number]['best']['candidate']>().toEqualTypeOf<AugmentationCandidate>()
  // @ts-expect-error: there are two ways, and both
  const wrong: SearchAugmentationOptions['ways'] = 'sideways'
  expect(wrong).toBe('sideways')
})
