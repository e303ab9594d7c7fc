import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jit } from '@cascade-diffusion/jit'
import { loadCheckpoint, saveCheckpoint } from '@cascade-diffusion/training'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Interrupted } from './interrupted.ts'
import { quickstart } from './quickstart.ts'
import { tinyPlan } from './tiny-plan.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quickstart-'))
})
afterAll(() => rm(folder, { recursive: true }))

const never = new AbortController().signal
const run = (out: string, options: Partial<Parameters<typeof quickstart>[0]> = {}) =>
  quickstart({
    plan: tinyPlan,
    seed: 1,
    out: join(folder, out),
    restart: false,
    compile: (fn) => jit(fn),
    signal: never,
    log: () => {},
    ...options,
  })

test('writes pictures, figures and a report', async () => {
  await run('whole')
  expect((await readdir(join(folder, 'whole'))).sort()).toEqual([
    'checkpoints',
    'metrics.json',
    'process.png',
    'real.png',
    'report.html',
    'samples.png',
  ])
  const metrics = JSON.parse(await readFile(join(folder, 'whole/metrics.json'), 'utf8'))
  expect(metrics).toMatchObject({ dataset: 'tiny', seed: 1, samples: 12, classifierTestAccuracy: 1 })
  expect(Object.keys(metrics.fid)).toEqual(['0', '10'])
  for (const { train, test } of Object.values<{ train: number; test: number }>(metrics.fid)) {
    expect(train).toBeGreaterThan(0)
    expect(test).toBeGreaterThan(0)
  }
  expect(metrics.fid[metrics.bestLevel].train).toBe(
    Math.min(...Object.values<{ train: number }>(metrics.fid).map((f) => f.train)),
  )
  expect(metrics.classAccuracy).toBeGreaterThanOrEqual(0.75)
  expect(metrics.seconds).toBeGreaterThan(0)
  expect(metrics.peakMemoryBytes).toBeGreaterThan(50e6)
  const report = await readFile(join(folder, 'whole/report.html'), 'utf8')
  expect(report).toContain(`${(100 * metrics.classAccuracy).toFixed(1)} %`)
  expect(report.match(/data:image\/png;base64,/g)).toHaveLength(3)
})

test('interrupted while training and gone on from, it ends in the same pictures', async () => {
  const stop = new AbortController()
  // The first line of the second training comes after 40 + some steps; stop by time in the midst of it all.
  setTimeout(() => stop.abort(new Error('interrupted')), 1500)
  await expect(
    run('resumed', { signal: stop.signal, plan: { ...tinyPlan, classifier: { ...tinyPlan.classifier, steps: 40 } } }),
  ).rejects.toThrow(Interrupted)
  expect((await readdir(join(folder, 'resumed/checkpoints/tiny'))).length).toBeGreaterThan(0)
  await run('resumed')
  const picture = (out: string) => readFile(join(folder, out, 'samples.png'))
  expect((await picture('resumed')).equals(await picture('whole'))).toBe(true)
})

test('a finished run is not trained anew, unless told so', async () => {
  const path = join(folder, 'whole/checkpoints/tiny/base.safetensors')
  const before = await readFile(path)
  const picture = await readFile(join(folder, 'whole/samples.png'))
  await run('whole')
  expect((await readFile(path)).equals(before)).toBe(true)
  await expect(run('whole', { seed: 3 })).rejects.toThrow(/seed/)
  await run('whole', { seed: 3, restart: true })
  expect((await readFile(path)).equals(before)).toBe(false)
  expect((await readFile(join(folder, 'whole/samples.png'))).equals(picture)).toBe(false)
})

test('an evaluator of an older version, of kind classifier, is used', async () => {
  const path = join(folder, 'whole/checkpoints/tiny/classifier.safetensors')
  const evaluator = await loadCheckpoint(path)
  expect(evaluator.kind).toBe('evaluator')
  await saveCheckpoint(path, { ...evaluator, kind: 'classifier' })
  const before = await readFile(path)
  await run('whole', { seed: 3 })
  expect((await readFile(path)).equals(before)).toBe(true)
})

test('a corrupt checkpoint is a clear error', async () => {
  const path = join(folder, 'whole/checkpoints/tiny/base.safetensors')
  await truncate(path, 1000)
  await expect(run('whole', { seed: 3 })).rejects.toThrow(`checkpoint ${path} cannot be used`)
})
