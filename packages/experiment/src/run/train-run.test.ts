import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { claimFolder } from '@cascade-diffusion/files'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import type { ExperimentEvent } from '../events.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { briefPlan, tinyPlan } from '../tiny-plan.ts'
import { evaluateRun } from './evaluated-run.ts'
import { expectSpace } from './free-space.ts'
import { openRun } from './open-run.ts'
import { trainRun } from './train-run.ts'

const [base] = briefPlan.stages
const steps = { steps: 3, batchSize: 4, learningRate: 1e-3, sampleEvery: 0 }
const { sampleEvery, ...ofEvaluator } = steps

/** A base alone, trained for an instant. */
const plan: CascadePlan = {
  ...briefPlan,
  stages: [{ ...base, resolution: 16, training: steps }],
  evaluation: { features: 'classes', training: ofEvaluator, samples: 4 },
}
const out = temporaryFolder()

test('another plan is taken over or refused, with both values; a restart trains anew', async () => {
  await trainRun({ plan, out, compile: jit })
  const before = readFileSync(join(out, 'checkpoints/base.safetensors'))
  const changed = (part: object) => ({ ...plan, stages: [{ ...plan.stages[0], ...part }] }) as CascadePlan
  const events: ExperimentEvent[] = []
  const progress = (event: ExperimentEvent) => void events.push(event)
  const sampling = { ...base.sampling, steps: 2 }
  await trainRun({ plan: changed({ sampling }), out, compile: jit, progress })
  expect(events.flatMap((event) => (event.type === 'changed' ? event.changes : []))).toMatchObject([
    { path: expect.stringContaining('stages[0].sampling'), saved: 3, now: 2 },
  ])
  // It is sampled anew, and not trained.
  expect(events.map(({ type }) => type)).toContain('sampling')
  expect(events.map(({ type }) => type)).not.toContain('training')
  const other = changed({ training: { ...steps, batchSize: 8 } })
  await expect(trainRun({ plan: other, out, compile: jit })).rejects.toMatchObject({
    code: 'checkpoint',
    message: expect.stringMatching(/expected stages\[0\]\.training\.batchSize, 4 .*, got 8/),
  })
  expect(readFileSync(join(out, 'checkpoints/base.safetensors')).equals(before)).toBe(true)
  await trainRun({ plan: other, out, compile: jit, restart: true })
  expect(readFileSync(join(out, 'checkpoints/base.safetensors')).equals(before)).toBe(false)
  expect((await openRun(out)).plan.stages[0].training.batchSize).toBe(8)
})

test('one process at a time; nothing of a claim is left', async () => {
  const giveBack = await claimFolder(out)
  await expect(trainRun({ plan, out, compile: jit })).rejects.toThrow(`in use by process ${process.pid}`)
  await giveBack()
  expect(readdirSync(out)).toEqual(expect.not.arrayContaining([expect.stringContaining('in-use')]))
})

test('a plan that needs more memory than there is changes nothing', async () => {
  const folder = temporaryFolder()
  const huge = { ...plan, stages: [{ ...plan.stages[0], training: { ...steps, batchSize: 1e7 } }] } as CascadePlan
  await expect(trainRun({ plan: huge, out: folder, compile: jit })).rejects.toThrow(
    /that needs about \d+\.\d GiB; a batchSize/,
  )
  expect(readdirSync(folder)).not.toContain('config.json')
  const before = readdirSync(join(out, 'checkpoints'))
  await expect(trainRun({ plan: huge, out, compile: jit, restart: true })).rejects.toThrow('of memory, got a batchSize')
  expect(readdirSync(join(out, 'checkpoints'))).toEqual(before)
})

test('a folder that cannot hold the run is refused', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  await expect(trainRun({ plan, out: file, compile: jit })).rejects.toThrow(
    `${file}: expected the path of a folder, got that of a file`,
  )
  await expect(expectSpace(out, 1e18)).rejects.toMatchObject({
    code: 'file',
    message: expect.stringMatching(/expected 1000000000\.00 GB of free space for checkpoints, got [\d.]+ GB/),
  })
  await expect(openRun(file)).rejects.toThrow('expected the folder of a run, with config.json in it')
})

test('checkpoints of older versions are found where they are', async () => {
  const older = temporaryFolder()
  await trainRun({ plan, out: older, compile: jit, stages: ['base', 'evaluator'] })
  const folder = join(older, 'checkpoints', plan.name)
  mkdirSync(folder)
  renameSync(join(older, 'checkpoints/base.safetensors'), join(folder, 'base.safetensors'))
  renameSync(join(older, 'checkpoints/evaluator.safetensors'), join(folder, 'classifier.safetensors'))
  const trained: string[] = []
  const progress = (event: ExperimentEvent) => void (event.type === 'training' && trained.push(event.model))
  const { outcome } = await evaluateRun(older, { plan, compile: jit, progress })
  expect([trained, outcome.evaluation.samples]).toEqual([[], 4])
  expect(existsSync(join(older, 'checkpoints/base.safetensors'))).toBe(false)
})

test('what a killed process has left half-written is removed', async () => {
  for (const name of ['metrics.json.12-3.partial', 'checkpoints/base.next.safetensors', 'checkpoints/base.trial.12'])
    writeFileSync(join(out, name), 'half')
  mkdirSync(join(out, 'cascade.partial'))
  renameSync(join(out, 'cascade'), join(out, 'cascade.previous'))
  await trainRun({ plan, out, compile: jit, restart: true })
  expect(readdirSync(join(out, 'checkpoints'))).toEqual(['base.safetensors'])
  const left = readdirSync(out).filter((name) => /partial|previous|in-use/.test(name))
  expect(left).toEqual([])
})

test('images without classes', async () => {
  const unlabelled = ({ train, test }: typeof tinyPlan.data) => {
    const without = ({ classNames, read, ...source }: typeof train) => ({
      ...source,
      read: async (indices: readonly number[]) => ({ images: (await read(indices)).images }),
    })
    return { train: without(train), test: without(test) }
  }
  const data = unlabelled(tinyPlan.data)
  const folder = temporaryFolder()
  const free: CascadePlan = { ...plan, data, evaluation: { ...plan.evaluation, features: 'rotations' } }
  const { cascade, report } = await trainRun({ plan: free, out: folder, compile: jit })
  expect(cascade!.stages[0]!.stage).toMatchObject({ classNames: undefined })
  expect(readFileSync(report, 'utf8')).toContain('A base model generates 16×16 images.')
  const { outcome } = await evaluateRun(folder, { plan: free, compile: jit })
  expect(outcome.evaluation.figures.classAccuracy).toBeUndefined()
})
