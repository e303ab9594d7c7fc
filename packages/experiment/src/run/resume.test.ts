import { readdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { CascadeError, isCascadeError } from '@cascade-diffusion/checks'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { loadCheckpoint, saveCheckpoint } from '@cascade-diffusion/training'
import { expect, test } from 'vitest'
import { briefPlan, tinyPlan } from '../tiny-plan.ts'
import { type RunExperimentOptions, runExperiment } from './run-experiment.ts'

const folder = temporaryFolder()
const run = (out: string, options: Partial<RunExperimentOptions> = {}) =>
  runExperiment({ plan: briefPlan, out: join(folder, out), compile: jit, ...options })
/** The same with another seed. */
const seeded = { ...briefPlan, seed: 3 }
const failure = (out: string, options: Partial<RunExperimentOptions>) => run(out, options).catch((error) => error)
const picture = (out: string) => readFile(join(folder, out, 'samples.png'))

test('interrupted in training and resumed, it ends in the same pictures', async () => {
  await run('whole')
  const stop = new AbortController()
  const error = await failure('resumed', {
    signal: stop.signal,
    progress: (event) => event.type === 'training' && event.model === 'base' && event.step === 7 && stop.abort(),
  })
  expect(isCascadeError(error, 'interrupted')).toBe(true)
  expect(error.message).toBe('base: stopped at step 7 of 12')
  expect((await readdir(join(folder, 'resumed/checkpoints'))).sort()).toEqual([
    'base.safetensors',
    'evaluator.safetensors',
  ])
  const first = new Map<string, number>()
  await run('resumed', {
    progress: (event) => event.type === 'training' && !first.has(event.model) && first.set(event.model, event.step),
  })
  expect([...first]).toEqual([
    ['base', 8],
    ['super-resolution', 1],
  ])
  expect((await picture('resumed')).equals(await picture('whole'))).toBe(true)
})

test('interrupted while it samples, it says so', async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  const error = await failure('whole', {
    signal: stop.signal,
    progress: (event) => event.type === 'sampling' && event.done > 0 && stop.abort(reason),
  })
  expect(isCascadeError(error, 'interrupted')).toBe(true)
  expect(error.message).toBe('sampling: stopped')
})

test('interrupted in the search and resumed, no trial is sampled twice', async () => {
  const { outcome } = await run('whole')
  await rm(join(folder, 'resumed/search'), { recursive: true })
  const stop = new AbortController()
  const progress: RunExperimentOptions['progress'] = (event) => event.type === 'evaluated' && stop.abort()
  const error = await failure('resumed', { signal: stop.signal, progress })
  expect(error.message).toBe('sampling: stopped')
  const events: string[] = []
  const { outcome: resumed } = await run('resumed', {
    progress: (event) => {
      if (event.type === 'evaluated') events.push(`s = ${event.level}`)
      if (event.type === 'sampling' && event.done > 0 && events.at(-1) !== 'sampling') events.push('sampling')
    },
  })
  const [first] = outcome.evaluation.searches[0]!.trials
  expect(events.slice(0, 2)).toEqual([`s = ${first!.level}`, 'sampling'])
  expect(resumed.evaluation).toEqual(outcome.evaluation)
  expect((await picture('resumed')).equals(await picture('whole'))).toBe(true)
  expect(await readdir(join(folder, 'resumed/search'))).not.toContain('samples')
})

test('what could not be sampled is refused before it is trained', async () => {
  const [base, upper] = briefPlan.stages
  const stages = [base, { ...upper!, sampling: { ...upper!.sampling, steps: 101 } }] as const
  const trained: string[] = []
  const error = await failure('wrong', {
    plan: { ...briefPlan, stages },
    progress: (event) => event.type === 'training' && trained.push(event.model),
  })
  expect(error.message).toContain("stage 'super-resolution': expected steps, an integer from 1 to 100, got 101")
  expect([isCascadeError(error, 'input'), trained]).toEqual([true, []])
  const high = { ...briefPlan, stages: [base, { ...upper!, levels: [0, 41] }] as const }
  const { message } = await failure('wrong', { plan: high, progress: (event) => trained.push(event.type) })
  expect(message).toContain('an integer from 0 to 40, got 41')
  expect(trained).not.toContain('training')
})

test('a restart is asked for by true or false: it removes checkpoints', async () => {
  const error = await failure('wrong', { restart: 'no' as never })
  expect(error.message).toBe("runExperiment: expected restart, true or false, got 'no'")
})

test('a source that is interrupted itself says so', async () => {
  const { train, test } = tinyPlan.data
  const read = () => Promise.reject(new CascadeError('interrupted', 'halves: interrupted'))
  const error = await failure('wrong', { plan: { ...briefPlan, data: { train: { ...train, read }, test } } })
  expect([isCascadeError(error, 'interrupted'), error.message]).toEqual([true, 'halves: interrupted'])
})

test('interrupted before it begins, nothing is trained', async () => {
  const error = await failure('never', { signal: AbortSignal.abort() })
  expect(isCascadeError(error, 'interrupted')).toBe(true)
  expect(error.message).toBe('evaluator: stopped at step 0 of 12')
})

test('a finished run is not trained anew, unless it is restarted', async () => {
  const path = join(folder, 'whole/checkpoints/base.safetensors')
  const [before, samples] = [await readFile(path), await picture('whole')]
  const trained: string[] = []
  await run('whole', { progress: (event) => event.type === 'training' && trained.push(event.model) })
  expect(trained).toEqual([])
  expect((await readFile(path)).equals(before)).toBe(true)
  expect((await picture('whole')).equals(samples)).toBe(true)
  await expect(run('whole', { plan: seeded })).rejects.toThrow(/seed/)
  await run('whole', { plan: seeded, restart: true })
  expect((await readFile(path)).equals(before)).toBe(false)
  expect((await picture('whole')).equals(samples)).toBe(false)
})

test('an evaluator of an older version, of kind classifier, is used', async () => {
  const path = join(folder, 'whole/checkpoints/evaluator.safetensors')
  const evaluator = await loadCheckpoint(path)
  expect(evaluator.kind).toBe('evaluator')
  // It said of the learning rate only where it begins.
  const config = { ...(evaluator.config as object), learningRate: 4e-3 }
  await saveCheckpoint(path, { ...evaluator, kind: 'classifier', config })
  const before = await readFile(path)
  await run('whole', { plan: seeded })
  expect((await readFile(path)).equals(before)).toBe(true)
})

test('a corrupt checkpoint is a clear error', async () => {
  const path = join(folder, 'whole/checkpoints/base.safetensors')
  await truncate(path, 1000)
  await expect(run('whole', { plan: seeded })).rejects.toThrow(`checkpoint ${path} cannot be used`)
})
