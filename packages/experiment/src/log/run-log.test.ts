import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { trainStage } from '@cascade-diffusion/cascade'
import { jit } from '@cascade-diffusion/jit'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { learningRateOf, type TrainResult } from '@cascade-diffusion/training'
import { expect, test } from 'vitest'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { stagesOf } from '../plan/stages.ts'
import { briefPlan, tinyPlan } from '../tiny-plan.ts'
import { readMetrics } from './metrics-file.ts'
import { runLog, sampleEveryOf } from './run-log.ts'

const every = { steps: 24, sampleEvery: 8 }
const [base, upper] = briefPlan.stages
const plan: CascadePlan = {
  ...briefPlan,
  stages: [
    { ...base, training: { ...base.training, ...every } },
    { ...upper!, training: { ...upper!.training, ...every } },
  ],
}
const { data } = tinyPlan
const stages = stagesOf(plan, data)

/** Trains stages of the plan in a folder, as a run does; `stopAt` a step of the last of them. */
async function trained(out: string, names = ['base', 'super-resolution'], stopAt?: number): Promise<TrainResult[]> {
  const log = runLog({ plan, data, out, compile: jit })
  const results: TrainResult[] = []
  for (const name of names) {
    const i = stages.findIndex((stage) => stage.name === name)
    const { progress, observe } = log.stage(stages[i]!)
    const { saveEvery, sampleEvery, ...training } = plan.stages[i]!.training
    const stop = new AbortController()
    const run = trainStage({
      ...training,
      learningRate: learningRateOf(training.learningRate, training.steps),
      stage: stages[i]!,
      dataset: data.train,
      seed: 1,
      compile: jit,
      checkpoint: { path: join(out, `${name}.safetensors`) },
      observe,
      signal: stop.signal,
      progress: (p) => {
        progress(p)
        if (name === names.at(-1) && p.step === stopAt) stop.abort()
      },
    })
    results.push(await run.catch((error) => error.result))
  }
  return results
}

/** What the log has left, but for TensorBoard's files, whose events have the time of day. */
const logged = (out: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (readdirSync(out, { recursive: true }) as string[])
      .filter((name) => /\.(png|jsonl)$/.test(name))
      .map((name) => [name, readFileSync(join(out, name)).toString('base64')]),
  )

const whole = temporaryFolder()
const grid8 = 'samples/super-resolution/000008.png'

test('lines of the steps, and grids of samples', async () => {
  const [result] = await trained(whole)
  const lines = readMetrics(join(whole, 'metrics.jsonl'))
  expect(lines.map(({ model, step }) => [model, step])).toEqual(
    ['base', 'super-resolution'].flatMap((model) => [10, 20, 24].map((step) => [model, step])),
  )
  const losses = [...result!.losses]
  const mean = (values: number[]) => values.reduce((sum, each) => sum + each, 0) / values.length
  expect(lines[0]!.loss).toBe(mean(losses.slice(0, 10)))
  expect(lines[2]!.loss).toBe(mean(losses.slice(20)))
  expect(lines[1]!.learningRate).toBe(learningRateOf(base.training.learningRate, 24)(19))
  expect(lines.every(({ gradNorm }) => gradNorm! > 0)).toBe(true)
  const grids = ['base', 'super-resolution'].flatMap((name) => ['08', '16', '24'].map((s) => `${name}/0000${s}.png`))
  const files = logged(whole)
  expect(Object.keys(files).sort()).toEqual(['metrics.jsonl', ...grids.map((name) => `samples/${name}`)])
  // Other weights give other samples.
  expect(new Set(Object.values(files)).size).toBe(7)
})

test.each([8, 13])('stopped at step %d and resumed, it leaves the same bytes', async (at) => {
  const out = temporaryFolder()
  await trained(out, ['base'])
  const [stopped] = await trained(out, ['super-resolution'], at)
  expect(stopped!.step).toBe(at)
  // What a process that was killed after that checkpoint may have left.
  const path = join(out, 'metrics.jsonl')
  const line = JSON.stringify({ model: 'super-resolution', step: 30, loss: 1, gradNorm: 1, learningRate: 1 })
  appendFileSync(path, `${line}\n${line.slice(0, 20)}`)
  mkdirSync(join(out, 'samples/super-resolution'), { recursive: true })
  writeFileSync(join(out, 'samples/super-resolution/000099.png'), 'of another run')
  // Stopped right at it, the grid of step 8 was left to the resumed run.
  expect(existsSync(join(out, grid8))).toBe(at === 13)
  await trained(out, ['super-resolution'])
  expect(logged(out)).toEqual(logged(whole))
  // A file of events for each process that had one to write.
  expect(readdirSync(join(out, 'tensorboard/super-resolution'))).toHaveLength(at === 8 ? 1 : 2)
  expect(readdirSync(join(whole, 'tensorboard')).sort()).toEqual(['base', 'super-resolution'])
})

test('the log changes no weights, and a plan may want no grids', async () => {
  const out = temporaryFolder()
  const log = runLog({
    plan: { ...plan, stages: [{ ...base, training: { ...base.training, ...every, sampleEvery: 0 } }] },
    data,
    out,
    compile: jit,
  })
  expect(log.stage(stages[0]!).observe).toBeUndefined()
  expect(existsSync(join(out, 'samples'))).toBe(false)
  expect(sampleEveryOf({ steps: 400 })).toBe(250)
  expect(sampleEveryOf({ steps: 20_001 })).toBe(2001)
})
