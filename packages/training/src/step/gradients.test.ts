import '@tensorflow/tfjs-backend-cpu'
import { type Compile, disposeAll, float32, ndarray, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { greatestDifference } from '@cascade-diffusion/testing'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { lineLossAndEach } from '../testing/test-support.ts'
import { type BatchGradients, gradientMean } from './gradients.ts'
import { type AnyTrainState, readState } from './state.ts'
import { trainer } from './trainer.ts'

const params = { weight: float32([0.1, -0.2], [2, 1]), bias: float32(0) }
const x = rng(1).normal([16, 2])
const whole = { x, y: ndarray(rng(2).normal([16]).data, [16]) }
const halves = [0, 8].map((from) => ({ x: rows(whole.x, from, from + 8), y: rows(whole.y, from, from + 8) })) as [
  typeof whole,
  typeof whole,
]
const at = (t: number) => ({ t, learningRate: 0.1 })

const engines: [string, Compile][] = [
  ['eager', eager],
  ['jit', jit],
]

describe.each(engines)('%s', (_, compile) => {
  /** The state after three steps on the whole batch, and what they reported. */
  async function inOneBatch() {
    const { init, step, dispose } = trainer(compile, lineLossAndEach)
    let state: AnyTrainState = init(params)
    const reports: number[] = []
    for (let t = 0; t < 3; t++) {
      const result = await step(state, whole, at(t))
      reports.push(result.loss, result.gradNorm, ...result.each!)
      state = result.state
    }
    const values = await readState(state)
    disposeAll(state)
    await dispose()
    return { values, reports }
  }

  const flat = ({ params, averages, optimizer }: Awaited<ReturnType<typeof readState>>) =>
    [params, averages.ema!, optimizer.m!, optimizer.v!].flatMap((part) =>
      Object.values(part).flatMap(({ data }) => [...data]),
    )

  test('two micro-batches give the step of the whole batch', async () => {
    const expected = await inOneBatch()
    const { init, gradients, update, dispose } = trainer(compile, lineLossAndEach)
    const { mean, dispose: disposeMean } = gradientMean(compile)
    let state: AnyTrainState = init(params)
    const reports: number[] = []
    for (let t = 0; t < 3; t++) {
      const parts = [await gradients(state, halves[0]), await gradients(state, halves[1])]
      const both = await mean(parts)
      reports.push(both.loss, both.gradNorm, ...both.each!)
      state = await update(state, both, at(t))
      disposeAll([...parts, both].map(({ gradients }) => gradients))
    }
    expect(greatestDifference(reports, expected.reports)).toBeLessThan(1e-6)
    expect(greatestDifference(flat(await readState(state)), flat(expected.values))).toBeLessThan(1e-6)
    disposeAll(state)
    await Promise.all([dispose(), disposeMean()])
  })

  test('two trainers that reduce their gradients stay together, and take the steps of the whole batch', async () => {
    const expected = await inOneBatch()
    const { mean, dispose: disposeMean } = gradientMean(compile)
    // The exchange: each gives its gradients and awaits the other's.
    let waiting: { mine: BatchGradients; resolve: (theirs: BatchGradients) => void } | undefined
    const exchange = (mine: BatchGradients): Promise<BatchGradients> => {
      if (!waiting) return new Promise((resolve) => (waiting = { mine, resolve }))
      const other = waiting
      waiting = undefined
      other.resolve(mine)
      return Promise.resolve(other.mine)
    }
    const ranks = [0, 1].map((rank) => {
      const reduce = async (mine: BatchGradients) => {
        const theirs = await exchange(mine)
        const made = await mean(rank === 0 ? [mine, theirs] : [theirs, mine])
        await exchange(made) // both have read the other's before either disposes of its own
        return made
      }
      return { ...trainer(compile, lineLossAndEach, { reduce }), batch: halves[rank]! }
    })
    let states: AnyTrainState[] = ranks.map(({ init }) => init(params))
    for (let t = 0; t < 3; t++)
      states = (await Promise.all(ranks.map(({ step, batch }, i) => step(states[i]!, batch, at(t))))).map(
        ({ state }) => state,
      )
    const [first, second] = await Promise.all(states.map(readState))
    expect(second).toEqual(first)
    expect(greatestDifference(flat(first!), flat(expected.values))).toBeLessThan(1e-6)
    disposeAll(states)
    await Promise.all([disposeMean(), ...ranks.map(({ dispose }) => dispose())])
  })
})

test('scaled losses: the norm is that of the mean of the losses themselves', async () => {
  const { init, gradients } = trainer(eager, lineLossAndEach)
  const { mean } = gradientMean(eager)
  const state = init(params)
  const [plain, scaled] = await Promise.all(
    [undefined, 1024].map(async (lossScale) =>
      mean([await gradients(state, halves[0], { lossScale }), await gradients(state, halves[1], { lossScale })]),
    ),
  )
  expect(scaled!.gradNorm).toBeCloseTo(plain!.gradNorm, 6)
  expect(scaled!.lossScale).toBe(1024)
  await expect(mean([plain!, scaled!])).rejects.toThrow(
    'gradientMean: expected a single scale of the loss, got several',
  )
  await expect(mean([])).rejects.toThrow('gradientMean: expected gradients, got none')
})

test('what reduce makes that is not finite is not taken', async () => {
  const reduce = (mine: BatchGradients) => ({ ...mine, gradNorm: Number.NaN })
  const { init, step } = trainer(eager, lineLossAndEach, { reduce })
  const start = init(params)
  const { state, taken } = await step(start, whole, at(0))
  expect([state === start, taken]).toEqual([true, false])
})

test('nothing is left behind', async () => {
  const { mean } = gradientMean(eager)
  const reduce = (mine: BatchGradients) => mean([mine, mine])
  const { init, step } = trainer(eager, lineLossAndEach, { reduce })
  const before = tf.memory().numTensors
  const { state } = await step(init(params), whole, at(0))
  disposeAll(state)
  expect(tf.memory().numTensors).toBe(before)
})
