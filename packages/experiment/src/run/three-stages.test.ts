import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AugmentationWay, chosenLevels, readCascade } from '@cascade-diffusion/cascade'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import type { ChosenLevel } from '../evaluate/search-stages.ts'
import type { ExperimentEvent } from '../events.ts'
import { briefPlan, threeStagePlan } from '../tiny-plan.ts'
import { evaluateRun, searchRun } from './evaluated-run.ts'
import { openRun } from './open-run.ts'
import { runExperiment } from './run-experiment.ts'
import { trainRun } from './train-run.ts'

const out = temporaryFolder()
const options = { plan: threeStagePlan, out, compile: jit }

test('three stages are trained, one by one or together; then the cascade is saved and sampled', async () => {
  const alone = await trainRun({ ...options, stages: ['middle'] })
  expect(alone.stages.map(({ name, step, trained }) => [name, step, trained])).toEqual([
    ['base', 0, false],
    ['middle', 12, true],
    ['super-resolution', 0, false],
  ])
  expect(alone.cascade).toBeUndefined()
  expect(await readFile(alone.report, 'utf8')).not.toContain('<h2>Samples</h2>')
  await expect(searchRun(out, { compile: jit })).rejects.toThrow(
    `expected the plan as an option, since that of ${out} has a custom value that config.json cannot hold, data.train`,
  )
  await expect(searchRun(out, { plan: threeStagePlan, compile: jit })).rejects.toThrow(
    `searchRun: expected a run whose stages are trained, got ${out}, where 'base' is at step 0 of 12, ` +
      "'super-resolution' is at step 0 of 12: train it first",
  )
  const events: ExperimentEvent[] = []
  const { cascade } = await trainRun({ ...options, progress: (event) => void events.push(event) })
  const trained = events.flatMap((event) => (event.type === 'training' ? [event.model] : []))
  expect([...new Set(trained)]).toEqual(['base', 'super-resolution'])
  expect(cascade!.stages.map(({ stage, level, truncated }) => [stage.name, stage.size, level, truncated])).toEqual([
    ['base', [4, 4], undefined, undefined],
    ['middle', [8, 8], 0, false],
    ['super-resolution', [16, 16], 0, false],
  ])
  const written = events.flatMap((event) => (event.type === 'written' ? [event.path] : []))
  expect(written).toEqual(
    ['cascade', 'samples.png', 'process.png', 'real.png', 'report.html'].map((name) => join(out, name)),
  )
  const state = await openRun(out)
  expect([state.stages, state.evaluator].flat().map(({ name, trained }) => [name, trained])).toEqual([
    ['base', true],
    ['middle', true],
    ['super-resolution', true],
    ['evaluator', false],
  ])
  expect([state.cascade, state.report]).toEqual([join(out, 'cascade'), join(out, 'report.html')])
  expect(await readFile(state.report!, 'utf8')).toContain('<h2>Samples</h2>')
})

test('each level is searched through the stages above it', async () => {
  const events: ExperimentEvent[] = []
  const progress = (event: ExperimentEvent) => void events.push(event)
  // The images are custom, so the plan is handed in.
  const { outcome } = await searchRun(out, { plan: threeStagePlan, compile: jit, progress })
  const { searches, levels, figures } = outcome.evaluation
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

  // Evaluated again, at the levels that the saved cascade has, the samples are the same.
  const before = await readFile(join(out, 'samples.png'))
  const again = await evaluateRun(out, { plan: threeStagePlan, compile: jit })
  expect(again.outcome.evaluation.figures).toEqual(figures)
  expect(again.outcome.evaluation.levels).toEqual(levels)
  expect(JSON.parse(JSON.stringify(again.outcome.evaluation.searches))).toEqual(JSON.parse(JSON.stringify(searches)))
  expect((await readFile(join(out, 'samples.png'))).equals(before)).toBe(true)
  // A trained run is not sampled again, and keeps what was found.
  await trainRun(options)
  expect((await readFile(join(out, 'samples.png'))).equals(before)).toBe(true)
  expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('<h2>Conditioning augmentation of middle</h2>')
  const fewer = { ...threeStagePlan, evaluation: { ...threeStagePlan.evaluation, samples: 4 } }
  const { outcome: ofFewer } = await evaluateRun(out, { plan: fewer, compile: jit })
  expect(ofFewer.evaluation).toMatchObject({ samples: 4, searches: [] })
})

test('three stages are reported', async () => {
  const { report, outcome, cascade } = await runExperiment(options)
  const page = await readFile(report, 'utf8')
  for (const text of ['Conditioning augmentation of middle', 'to 8×8 and 16×16', '(super-resolution)'])
    expect(page).toContain(text)
  const metrics = JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'))
  const [middle, last] = outcome.evaluation.levels
  expect(chosenLevels(cascade)).toEqual([middle!.level, last!.level])
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
    await trainRun({ ...given, progress: undefined })
    const { outcome } = await searchRun(out, { plan: given.plan, compile: jit, progress: given.progress })
    const { searches, levels } = outcome.evaluation
    expect(searches.map(({ stage }) => stage)).toEqual(['super-resolution'])
    const truncated = ways === 'truncated'
    expect(levels).toEqual([20, 10].map((level) => ({ level, truncated })))
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
    trainRun({
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
