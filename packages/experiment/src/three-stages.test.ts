import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AugmentationWay, chosenLevels, readCascade, saveCascade } from '@cascade-diffusion/cascade'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { evaluateExperiment } from './evaluate/evaluate.ts'
import type { ChosenLevel } from './evaluate/search-stages.ts'
import type { ExperimentEvent } from './events.ts'
import { runExperiment } from './run.ts'
import { sampleExperiment } from './sample.ts'
import { briefPlan, threeStagePlan } from './tiny-plan.ts'
import { trainExperiment } from './train.ts'

const out = temporaryFolder()
const options = { plan: threeStagePlan, out, compile: jit }

test('three stages are trained, and each level is searched through the stages above it', async () => {
  const events: ExperimentEvent[] = []
  const trained = await trainExperiment(options)
  expect(trained.stages.map(({ stage }) => [stage.name, stage.size, stage.imageChannels])).toEqual([
    ['base', [4, 4], 1],
    ['middle', [8, 8], 1],
    ['super-resolution', [16, 16], 1],
  ])
  const progress = (event: ExperimentEvent) => void events.push(event)
  const { searches, levels, figures, images, labels } = await evaluateExperiment(trained, { ...options, progress })
  expect(images.map(({ shape }) => shape)).toEqual([4, 8, 16].map((size) => [8, size, size, 1]))
  expect([...labels!.data]).toEqual([0, 1, 0, 1, 0, 1, 0, 1])
  const inWords = ({ level, truncated }: ChosenLevel) => `${level}${truncated ? 't' : ''}`
  expect(searches.map(({ stage, trials }) => [stage, ...trials.map(inWords)])).toEqual([
    ['middle', '0', '20', '20t'],
    ['super-resolution', '0', '10', '10t', '30', '30t'],
  ])
  for (const [i, { best, trials }] of searches.entries()) {
    expect(levels[i]).toEqual({ level: best.level, truncated: best.truncated })
    expect(best.figures.fid.train.value).toBe(Math.min(...trials.map(({ figures }) => figures.fid.train.value)))
  }
  expect(figures).toBe(searches[1]!.best.figures)
  // The last stage's first level with the middle's best is what the search of the middle ended with: sampled once.
  expect(searches[1]!.trials[0]!.figures.fid.train.value).toBe(searches[0]!.best.figures.fid.train.value)
  // The base once and once truncated, the middle 3 times with the last stage above it; twice truncated, and the last
  // stage 4 times.
  const sampling = events.filter((event) => event.type === 'sampling')
  const runs = 2 + 3 * 2 + 2 + 4
  expect(sampling.at(-1)).toEqual({ type: 'sampling', done: runs * 8, count: runs * 8 })
  expect(sampling.map(({ done }) => done)).toEqual(sampling.map(({ done }) => done).toSorted((a, b) => a - b))

  const direct = await sampleExperiment(trained, { ...options, levels })
  expect(direct.labels).toEqual(labels)
  expect(direct.images).toEqual(images)
  const fewer = await sampleExperiment(trained, { ...options, levels, count: 2 })
  expect([...fewer.images[2]!.data]).toEqual([...images[2]!.data.subarray(0, 2 * 256)])
})

test('three stages are reported', async () => {
  const { report, outcome, cascade } = await runExperiment(options)
  const page = await readFile(report, 'utf8')
  for (const text of ['Conditioning augmentation of middle', 'to 8×8 and 16×16', '(super-resolution)'])
    expect(page).toContain(text)
  const metrics = JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'))
  const [middle, last] = outcome.evaluation.levels
  expect(chosenLevels(cascade)).toEqual([middle!.level, last!.level])
  await saveCascade(join(out, 'cascade'), cascade)
  expect(
    (await readCascade(join(out, 'cascade'))).stages.map(({ level, truncated, sampling }) => [
      level,
      truncated,
      sampling,
    ]),
  ).toEqual(
    threeStagePlan.stages.map(({ sampling }, i) => [
      [undefined, middle, last][i]?.level,
      [undefined, middle, last][i]?.truncated,
      sampling,
    ]),
  )
  const wayOf = ({ truncated }: ChosenLevel) => (truncated ? 'truncated' : 'non-truncated')
  expect(metrics).toMatchObject({
    levels: { middle: middle!.level, 'super-resolution': last!.level },
    ways: { middle: wayOf(middle!), 'super-resolution': wayOf(last!) },
  })
  expect(Object.keys(metrics.fid)).toEqual(['0', '10', '30'])
  expect(Object.keys(metrics.truncated.fid)).toEqual(['0', '10', '30'])
  // Two classes of four samples each; three blocks of cells of 2·16 pixels with gaps of 2, and two cells between them.
  const header = await readFile(join(out, 'samples.png'))
  expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([(3 * 4 + 2) * 34 + 2, 2 * 34 + 2])
})

test('levels that leave no choice are not searched', async () => {
  const [base, middle, last] = threeStagePlan.stages
  const once = (ways: AugmentationWay) =>
    ({
      ...threeStagePlan,
      stages: [base, { ...middle!, levels: [20], ways }, { ...last!, levels: [10], ways }],
    }) as const
  for (const ways of ['non-truncated', 'truncated'] as const) {
    const events: ExperimentEvent[] = []
    const given = { ...options, plan: once(ways), progress: (event: ExperimentEvent) => void events.push(event) }
    const trained = await trainExperiment(given)
    const { searches, levels, images } = await evaluateExperiment(trained, given)
    expect(searches.map(({ stage }) => stage)).toEqual(['super-resolution'])
    const truncated = ways === 'truncated'
    expect(levels).toEqual([20, 10].map((level) => ({ level, truncated })))
    expect((await sampleExperiment(trained, { ...given, progress: undefined, levels })).images).toEqual(images)
    const sampling = events.filter((event) => event.type === 'sampling')
    expect(sampling.at(-1)).toEqual({ type: 'sampling', done: 3 * 8, count: 3 * 8 })
  }
})

test('a way that the stages do not allow is refused before anything is trained', async () => {
  const [base, middle, last] = threeStagePlan.stages
  const augmentation = { name: 'gaussian-noise', schedule: { name: 'linear', steps: 100 }, maxLevel: 40 } as const
  const other = { ...middle!, augmentation }
  const trained: string[] = []
  const train = (ways: 'both' | undefined) =>
    trainExperiment({
      ...options,
      out: temporaryFolder(),
      plan: { ...threeStagePlan, name: 'others', stages: [base, { ...other, ways }, last!] },
      progress: (event) => event.type === 'training' && trained.push(event.model),
      signal: AbortSignal.abort(),
    })
  await expect(train('both')).rejects.toThrow(
    "expected an augmentation by the schedule of 'base' for truncated sampling",
  )
  expect(trained).toEqual([])
  await expect(train(undefined)).rejects.toThrow('stopped at step 0')
})

test('a base stage alone is an experiment too', async () => {
  const [base] = briefPlan.stages
  const plan = { ...briefPlan, name: 'alone', stages: [{ ...base, resolution: 16 }] } as const
  const out = temporaryFolder()
  const { outcome, report } = await runExperiment({ ...options, plan, out })
  expect(outcome.evaluation).toMatchObject({ searches: [], levels: [] })
  const metrics = JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'))
  expect(metrics).toMatchObject({ fid: {}, levels: {}, fidOfSamples: { train: expect.any(Number) } })
  expect(await readFile(report, 'utf8')).toContain('A base model generates 16×16 images of a class.')
})
