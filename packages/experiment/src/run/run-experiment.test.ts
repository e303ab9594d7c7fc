import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import type { ExperimentEvent } from '../events.ts'
import { tinyPlan } from '../tiny-plan.ts'
import { runExperiment } from './run-experiment.ts'

test('writes pictures, figures and a report', async () => {
  const events: ExperimentEvent[] = []
  const out = temporaryFolder()
  await runExperiment({ plan: tinyPlan, out, compile: jit, progress: (event) => events.push(event) })
  expect((await readdir(out)).sort()).toEqual([
    'cascade',
    'checkpoints',
    'config.json',
    'metrics.json',
    'metrics.jsonl',
    'process.png',
    'real.png',
    'report.html',
    'samples',
    'samples.png',
    'search',
    'tensorboard',
  ])
  const metrics = JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'))
  expect(metrics).toMatchObject({ dataset: 'tiny', seed: 1, samples: 12, classifierTestAccuracy: 1 })
  const ways = { 'non-truncated': metrics, truncated: metrics.truncated }
  for (const { fid, classAccuracyByLevel, bestLevel } of Object.values(ways)) {
    expect(Object.keys(fid)).toEqual(['0', '10'])
    expect(Object.keys(classAccuracyByLevel)).toEqual(['0', '10'])
    for (const { train, test } of Object.values<{ train: number; test: number }>(fid)) {
      expect(train).toBeGreaterThan(0)
      expect(test).toBeGreaterThan(0)
    }
    expect(fid[bestLevel].train).toBe(Math.min(...Object.values<{ train: number }>(fid).map((f) => f.train)))
  }
  expect(metrics.truncated.fid[0]).toEqual(metrics.fid[0])
  expect(metrics.truncated.fid[10]).not.toEqual(metrics.fid[10])
  const way = ways[metrics.ways['super-resolution'] as keyof typeof ways]
  expect(way.fid[way.bestLevel].train).toBe(
    Math.min(...Object.values(ways).map(({ fid, bestLevel }) => fid[bestLevel].train)),
  )
  expect(metrics.levels).toEqual({ 'super-resolution': way.bestLevel })
  expect(metrics.fidOfSamples).toEqual(way.fid[way.bestLevel])
  expect(metrics.classAccuracy).toBeGreaterThanOrEqual(0.75)
  expect(metrics.seconds).toBeGreaterThan(0)
  expect(metrics.peakMemoryBytes).toBeGreaterThan(50e6)
  const report = await readFile(join(out, 'report.html'), 'utf8')
  expect(report).toContain(`${(100 * metrics.classAccuracy).toFixed(1)} %`)
  // Three pictures, and a grid of each stage while it was trained.
  expect(report.match(/data:image\/png;base64,/g)).toHaveLength(3 + 2)
  for (const name of ['training set, non-truncated', 'training set, truncated', 'test set, truncated'])
    for (const level of [0, 10]) expect(report).toContain(`<title>${name} at ${level}: `)
  for (const way of ['both ways', 'non-truncated', 'truncated']) expect(report).toContain(`<td>${way}</td>`)

  // Every step of every model in turn, then the evaluator, then all images.
  const steps = events.filter((event) => event.type === 'training')
  const models = [
    ['evaluator', 40],
    ['base', 120],
    ['super-resolution', 250],
  ] as const
  expect(steps.map(({ model, step }) => `${model} ${step}`)).toEqual(
    models.flatMap(([model, n]) => Array.from({ length: n }, (_, i) => `${model} ${i + 1}`)),
  )
  expect(events[0]).toEqual({ type: 'loaded', train: 64, test: 64 })
  const rest = events.filter(({ type }) => !['training', 'loaded', 'written'].includes(type))
  expect(rest[0]).toEqual({ type: 'evaluator', accuracy: 1 })
  const sampling = rest.filter((event) => event.type === 'sampling')
  expect([sampling[0], sampling.at(-1)]).toEqual([0, 60].map((done) => ({ type: 'sampling', done, count: 60 })))
  const scored = rest.filter((event) => event.type === 'evaluated')
  expect(
    scored.map(({ stage, level, truncated, figures }) => [stage, level, truncated, figures.fid.train.value]),
  ).toEqual([
    ['super-resolution', 0, false, metrics.fid[0].train],
    ['super-resolution', 10, false, metrics.fid[10].train],
    ['super-resolution', 10, true, metrics.truncated.fid[10].train],
  ])
})
