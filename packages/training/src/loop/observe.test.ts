import { setTimeout } from 'node:timers/promises'
import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { temporaryFolder } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import { loadCheckpoint } from '../checkpoint/checkpoint.ts'
import { checkpointIn, lineBatch, lineRun } from '../testing/test-support.ts'
import type { TrainObserver, TrainProgress, TrainSnapshot } from './options.ts'
import { train } from './train.ts'
import { TrainingInterrupted } from './training-interrupted.ts'

/** An observer that keeps the steps that it is called for. */
function recorder(every: number, call: (snapshot: TrainSnapshot) => void | Promise<void> = () => {}) {
  const steps: number[] = []
  const observe: TrainObserver = {
    every,
    async call(snapshot) {
      steps.push(snapshot.step)
      await call(snapshot)
    },
  }
  return { steps, observe }
}

test('looks at every so many steps and at the last one: at the weights that a checkpoint of that step has', async () => {
  const seen = new Map<number, { params: Params<NDArray>; averages: Readonly<Record<string, Params<NDArray>>> }>()
  const averages = { ema: { decay: 0.9 }, slow: { decay: 0.99 } }
  const { observe, steps } = recorder(3, async ({ step, params, averages }) => {
    seen.set(step, { params: await params(), averages: await averages() })
  })
  const whole = await train(lineRun({ steps: 8, averages, observe }))
  expect(steps).toEqual([3, 6, 8])
  expect(whole).toEqual(await train(lineRun({ steps: 8, averages })))
  expect(seen.get(8)).toEqual({ params: whole.params, averages: whole.averages })
  const { params, averages: averaged } = await train(lineRun({ steps: 6, averages }))
  expect(seen.get(6)).toEqual({ params, averages: averaged })
})

test('a resumed run looks at the step that it resumes from, if that is one of them', async () => {
  const checkpoint = checkpointIn(temporaryFolder())
  const [first, resumed, further, finished] = [recorder(5), recorder(5), recorder(5), recorder(5)]
  await train(lineRun({ checkpoint, steps: 7, observe: first.observe }))
  await train(lineRun({ checkpoint, steps: 15, observe: resumed.observe }))
  const whole = await train(lineRun({ checkpoint, observe: further.observe }))
  await train(lineRun({ checkpoint, observe: finished.observe }))
  expect([first, resumed, further, finished].map(({ steps }) => steps)).toEqual([[5, 7], [10, 15], [15, 20], [20]])
  expect(whole).toEqual(await train(lineRun()))
})

test('training waits for the observer and fails if it does, before the checkpoint of that step', async () => {
  const checkpoint = checkpointIn(temporaryFolder(), 4)
  const order: string[] = []
  const { observe } = recorder(6, async ({ step }) => {
    await setTimeout(5)
    order.push(`looked ${step}`)
    if (step === 12) throw new Error('the disk is full')
  })
  const progress = ({ step }: TrainProgress) => void order.push(`step ${step}`)
  await expect(train(lineRun({ checkpoint, observe, progress }))).rejects.toThrow('the disk is full')
  expect(order.slice(5, 8)).toEqual(['step 6', 'looked 6', 'step 7'])
  expect((await loadCheckpoint(checkpoint.path)).step).toBe(8)
})

test('an interruption ends an observer without losing the step, which the resumed run looks at again', async () => {
  const checkpoint = checkpointIn(temporaryFolder())
  const stop = new AbortController()
  const { observe } = recorder(10, () => {
    stop.abort()
    throw new Error('sampling: interrupted')
  })
  const error = await train(lineRun({ checkpoint, observe, signal: stop.signal })).catch((error) => error)
  expect(error).toBeInstanceOf(TrainingInterrupted)
  expect(error.result.step).toBe(10)
  const { observe: again, steps } = recorder(10)
  expect(await train(lineRun({ checkpoint, observe: again }))).toEqual(await train(lineRun()))
  expect(steps).toEqual([10, 20])
  const { observe: never, steps: none } = recorder(10)
  await train(lineRun({ checkpoint, observe: never, signal: stop.signal }))
  expect(none).toEqual([])
})

test('progress has the losses so far, the learning rate of the step, and the time that it waited for data', async () => {
  const seen: TrainProgress[] = []
  const batch: typeof lineBatch = (step, rng) => lineBatch(step, rng)
  const late = async (step: number, rng: Parameters<typeof lineBatch>[1]) => {
    if (step === 2) await setTimeout(60)
    return batch(step, rng)
  }
  const learningRate = (step: number) => 0.01 * (step + 1)
  const { losses } = await train(lineRun({ steps: 4, batch: late, learningRate, progress: (p) => seen.push(p) }))
  expect(seen.map((p) => p.learningRate)).toEqual([0.01, 0.02, 0.03, 0.04])
  expect(seen.map((p) => [...p.losses])).toEqual([1, 2, 3, 4].map((n) => [...losses.slice(0, n)]))
  // Timers may fire a little early, and part of the wait is computed through.
  expect(seen[2]!.dataSeconds).toBeGreaterThan(0.03)
  expect(seen[3]!.dataSeconds).toBeLessThan(0.03)
})
