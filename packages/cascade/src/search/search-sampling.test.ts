import { int32, type NDArray } from '@cascade-diffusion/arrays'
import { ddim } from '@cascade-diffusion/diffusion'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import type { Cascade } from '../cascade/cascade.ts'
import type { StageSampling } from '../cascade/stage-sampling.ts'
import { cascadeSampler } from '../sampling/cascade/cascade-sampler.ts'
import type { SamplingChoices } from '../sampling/stage/stage-sampler-options.ts'
import { type Given, tinyBase, tinyNetwork, tinySuperResolution } from '../test-support.ts'
import type { SamplingCandidates } from './sampling-candidates.ts'
import { searchSampling } from './search-sampling.ts'

const seen: Given[] = []
const params = tinyNetwork().init(rng(4))
const sampling: StageSampling = { sampler: { name: 'ddim', eta: 1 }, steps: [18, 14, 3] }
const base = { stage: tinyBase(tinyNetwork(seen)), params, sampling }
const sr = { stage: tinySuperResolution({ network: tinyNetwork(seen) }), params, sampling, level: 3, truncated: true }
const two: Cascade = { stages: [base, sr] }

const labels = int32([0, 1, 0, 1])
const samples = { count: 4, labels, rng: rng(2) }
const common = { compile: eager, ...samples, batchSize: 3 }
const stepsOf = ({ steps }: SamplingChoices) =>
  typeof steps === 'number' ? steps : (steps as readonly number[]).length

test('tries numbers of steps from the same images of the stage below, and chooses the least objective', async () => {
  seen.length = 0
  const { cascade, trials, best, table, chart } = await searchSampling(two, {
    ...common,
    candidates: { steps: [4, 8, 16] },
    measure: 'FID',
    async evaluate({ stage, sampling, images, imagesOf }) {
      expect(stage).toBe('sr')
      const calls = seen.length
      const direct = cascadeSampler({ stages: [base, { ...sr, sampling }] }, { compile: eager })
      expect(Object.values(imagesOf)).toEqual(await direct.sample(samples))
      seen.length = calls
      return { steps: stepsOf(sampling), images: images.data.length }
    },
    objective: ({ steps }) => Math.abs(steps - 9) + 0.5,
  })
  // Two batches of the base, at its three steps above s, once; and two of the other stage for each candidate.
  expect(seen.filter(({ lowRes }) => !lowRes)).toHaveLength(2 * 3)
  expect(seen.filter(({ lowRes }) => lowRes)).toHaveLength(2 * (4 + 8 + 16))
  expect(trials.map(({ objective }) => objective)).toEqual([5.5, 1.5, 7.5])
  expect(best).toBe(trials[1])
  expect(best.evaluation).toEqual({ steps: 8, images: 4 * 16 })
  expect(cascade.stages).toEqual([base, { ...sr, sampling: { ...sampling, steps: 8 } }])
  expect(table).toBe(['sr: FID by sampling', 'steps  FID', '    4  5.5', '    8  1.5 *', '   16  7.5', ''].join('\n'))
  for (const text of ['>steps<', '>FID<', 'all at 8: 1.5']) expect(chart).toContain(text)
})

test('any stage, any options, as a list or a grid; the stages above follow', async () => {
  const tried = async (candidates: SamplingCandidates, stage = 'base') => {
    const found = await searchSampling(two, {
      ...common,
      stage,
      candidates,
      async evaluate({ sampling, imagesOf }) {
        const stages = [base, sr].map((each) => (each.stage.name === stage ? { ...each, sampling } : each))
        const direct = cascadeSampler({ stages } as Cascade, { compile: eager })
        expect(Object.values(imagesOf)).toEqual(await direct.sample(samples))
        return stepsOf(sampling)
      },
    })
    return { ...found, samplings: found.trials.map(({ candidate }) => candidate.sampling) }
  }
  const list = await tried([{ steps: 5 }, { steps: 4, sampler: { name: 'ancestral' } }])
  expect(list.samplings).toEqual([
    { ...sampling, steps: 5 },
    { sampler: { name: 'ancestral' }, steps: 4 },
  ])
  expect(list.table).toContain(
    'steps  sampler      objective\n    5  ddim, eta 1          5\n    4  ancestral            4 *',
  )
  const ddim = (eta: number) => ({ name: 'ddim', eta }) as const
  const grid = await tried({ sampler: [ddim(0), ddim(1)], steps: [5, 6] })
  expect(grid.samplings).toEqual([0, 1].flatMap((eta) => [5, 6].map((steps) => ({ sampler: ddim(eta), steps }))))
  for (const text of ['ddim, eta 0 at 6: 6', 'ddim, eta 1 at 5: 5']) expect(grid.chart).toContain(text)
  expect((await tried([{}, { steps: 2 }], 'sr')).best.candidate.sampling.steps).toBe(2)
})

test('a schedule is fitted: a network that is conditioned on the noise level', async () => {
  const process = { schedule: { name: 'cosine', steps: 20 }, noiseInput: 'noise-level' } as const
  const stage = tinySuperResolution({ process })
  const cascade: Cascade = { stages: [base, { stage, params, sampling: { sampler: { name: 'ddim' } } }] }
  const { best, trials, chart } = await searchSampling(cascade, {
    ...common,
    count: 1,
    labels: [0],
    candidates: {
      ranges: { betaEnd: { low: 0.1, high: 0.9 } },
      sampling: ({ betaEnd }) => ({ schedule: { name: 'linear', steps: 2, betaStart: 1e-3, betaEnd } }),
      trials: 12,
      tolerance: 0,
    },
    evaluate: ({ sampling }) => ((sampling.schedule as { betaEnd: number }).betaEnd - 0.37) ** 2,
  })
  expect(trials).toHaveLength(12)
  expect((best.candidate.sampling.schedule as { betaEnd: number }).betaEnd).toBeCloseTo(0.37, 1)
  expect(chart).toContain('>trial<')
})

test('samplings may hold values; in a folder, another sampler of the same name is another run', async () => {
  const folder = temporaryFolder()
  let sampled = 0
  const found = (eta: number) => {
    const values = { ...sampling, sampler: ddim({ eta }) }
    const given = { stages: [base, { ...sr, sampling: values }] }
    const evaluate = async ({ sampling, images }: { sampling: SamplingChoices; images: NDArray<'float32'> }) => {
      sampled++
      const direct = cascadeSampler({ stages: [base, { ...sr, sampling }] }, { compile: eager })
      expect([images]).toEqual((await direct.sample(samples)).slice(1))
      return stepsOf(sampling)
    }
    return searchSampling(given, { ...common, folder, candidates: { steps: [4, 8] }, evaluate })
  }
  const first = await found(1)
  expect((await found(1)).table).toBe(first.table)
  expect(sampled).toBe(2)
  await found(0.5)
  expect(sampled).toBe(4)
})

test('what cannot be searched is refused before any call of a network', async () => {
  seen.length = 0
  const options = { ...common, candidates: { steps: [4] }, evaluate: () => 1 }
  for (const [wrong, message] of [
    [{ stage: 'sr2' }, "searchSampling: expected a diffusion model, one of 'base', 'sr'; got 'sr2'"],
    [{ candidates: undefined }, 'searchSampling: expected candidates, a list, a grid such as { steps: [4, 8] }'],
    [{ candidates: [] }, 'searchSampling: expected at least one candidate, got none'],
    [{ candidates: {} }, 'searchSampling: expected at least one parameter, got none'],
    [{ candidates: [4] }, 'searchSampling: candidate 1: expected options of sampling, such as { steps: 8 }, got 4'],
    [
      { candidates: { sampler: [ddim()] } },
      'searchSampling: candidate 1: expected sampler, a configuration by its name such as',
    ],
    [{ candidates: [{ step: 4 }] }, "searchSampling: candidate 1: unknown option 'step'. Did you mean 'steps'?"],
    [{ candidates: { steps: [4, 0] } }, 'searchSampling: candidate 2: expected steps, an integer from 1, got 0'],
    [{ candidates: { steps: [4, 21] } }, "stage 'sr': expected steps, an integer from 1 to 20, got 21"],
    [{ candidates: { ranges: {} } }, 'searchSampling: expected sampling, a function (of parameters), got undefined'],
    [{ candidates: { steps: 4 } }, 'searchSampling: expected a list of values of steps, got 4'],
    [{ stage: 'base', candidates: { steps: [[1, 0]] } }, "stage 'base', truncated at s = 3 of 'sr': expected"],
    [{ stepz: 1 }, "searchSampling: unknown option 'stepz'"],
    [{ evaluate: 3 }, 'searchSampling: expected evaluate, a function (of a candidate), got 3'],
  ] as const)
    await expect(searchSampling(two, { ...options, ...wrong } as never)).rejects.toThrow(message)
  expect(seen).toEqual([])
})
