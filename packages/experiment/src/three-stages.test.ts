import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chosenLevels, loadCascade, saveCascade } from '@cascade-diffusion/cascade'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { evaluateExperiment } from './evaluate/evaluate.ts'
import type { ExperimentEvent } from './events.ts'
import { runExperiment } from './run.ts'
import { sampleExperiment } from './sample.ts'
import { briefPlan, threeStagePlan } from './tiny-plan.ts'
import { trainExperiment } from './train.ts'

const out = temporaryFolder()
const options = { plan: threeStagePlan, seed: 1, out, compile: jit }

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
  expect([...labels.data]).toEqual([0, 1, 0, 1, 0, 1, 0, 1])
  expect(searches.map(({ stage, trials }) => [stage, ...trials.map(({ level }) => level)])).toEqual([
    ['middle', 0, 20],
    ['super-resolution', 0, 10, 30],
  ])
  for (const [i, { best, trials }] of searches.entries()) {
    expect(levels[i]).toBe(best.level)
    expect(best.figures.fid.train.value).toBe(Math.min(...trials.map(({ figures }) => figures.fid.train.value)))
  }
  expect(figures).toBe(searches[1]!.best.figures)
  // The last stage's first level with the middle's best is what the search of the middle ended with.
  expect(searches[1]!.trials[0]!.figures.fid.train.value).toBe(searches[0]!.best.figures.fid.train.value)
  // The base once, the middle at 2 levels with the last stage above it, the last stage at 3: 8 images each.
  const sampling = events.filter((event) => event.type === 'sampling')
  expect(sampling.at(-1)).toEqual({ type: 'sampling', done: 8 * 8, count: 8 * 8 })
  expect(sampling.map(({ done }) => done)).toEqual(sampling.map(({ done }) => done).toSorted((a, b) => a - b))

  const direct = await sampleExperiment(trained, { ...options, levels })
  expect(direct.labels).toEqual(labels)
  expect(direct.images).toEqual(images)
  const fewer = await sampleExperiment(trained, { ...options, levels, perClass: 1 })
  expect([...fewer.images[2]!.data]).toEqual([...images[2]!.data.subarray(0, 2 * 256)])
})

test('three stages are reported', async () => {
  const { report, outcome, cascade } = await runExperiment(options)
  const page = await readFile(report, 'utf8')
  for (const text of ['Conditioning augmentation of middle', 'to 8×8 and 16×16', '(super-resolution)'])
    expect(page).toContain(text)
  const metrics = JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'))
  const [middle, last] = outcome.evaluation.levels
  expect(chosenLevels(cascade)).toEqual([middle, last])
  await saveCascade(join(out, 'cascade'), cascade)
  expect((await loadCascade(join(out, 'cascade'))).stages.map(({ level, sampling }) => [level, sampling])).toEqual(
    threeStagePlan.stages.map(({ sampling }, i) => [[undefined, middle, last][i], sampling]),
  )
  expect(metrics).toMatchObject({ bestLevel: last, levels: { middle, 'super-resolution': last } })
  expect(Object.keys(metrics.fid)).toEqual(['0', '10', '30'])
  // Two classes of four samples each; three blocks of cells of 2·16 pixels with gaps of 2, and two cells between them.
  const header = await readFile(join(out, 'samples.png'))
  expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([(3 * 4 + 2) * 34 + 2, 2 * 34 + 2])
})

test('levels that leave no choice are not searched', async () => {
  const [base, middle, last] = threeStagePlan.stages
  const plan = { ...threeStagePlan, stages: [base, { ...middle!, levels: [20] }, { ...last!, levels: [10] }] } as const
  const trained = await trainExperiment({ ...options, plan })
  const { searches, levels } = await evaluateExperiment(trained, { ...options, plan })
  expect(searches.map(({ stage }) => stage)).toEqual(['super-resolution'])
  expect(levels).toEqual([20, 10])
})

test('a base stage alone is an experiment too', async () => {
  const [base] = briefPlan.stages
  const plan = { ...briefPlan, name: 'alone', stages: [{ ...base, stage: { ...base.stage, resolution: 16 } }] } as const
  const { outcome, report } = await runExperiment({ ...options, plan })
  expect(outcome.evaluation).toMatchObject({ searches: [], levels: [] })
  const metrics = JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'))
  expect(metrics).toMatchObject({ fid: {}, levels: {}, fidOfSamples: { train: expect.any(Number) } })
  expect(await readFile(report, 'utf8')).toContain('A base model generates 16×16 images of a class.')
})
