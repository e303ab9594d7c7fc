import { expect, test } from 'vitest'
import { linearSchedule } from '../discrete/beta-schedules.ts'
import { type DiscreteSchedule, scheduleFromBetas } from '../discrete/discrete-schedule.ts'
import { gridSearch } from './grid-search.ts'

/** Lower the nearer the last ᾱ is to 0.2. */
const score = ({ alphasCumprod }: DiscreteSchedule) => Math.abs(alphasCumprod.at(-1)! - 0.2)

test("finds the best of WaveGrad's grid: each β a digit times a power of ten", async () => {
  const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  const { best, trials } = await gridSearch({
    grid: { first: digits.map((d) => d / 100), second: digits.map((d) => d / 10) },
    schedule: ({ first, second }) => scheduleFromBetas([first, second]),
    score,
  })
  expect(trials.length).toBe(81)
  // (1 - 0.04) (1 - 0.8) = 0.192 … (1 - 0.01) (1 - 0.8) = 0.198 is nearest.
  expect(best.parameters).toEqual({ first: 0.01, second: 0.8 })
  expect(best.score).toBeCloseTo(0.002, 12)
  expect([...best.schedule.betas]).toEqual([0.01, 0.8])
})

test('tries every combination in order, waits for scores, and tells how far it is', async () => {
  const seen: unknown[] = []
  await gridSearch({
    grid: { betaStart: [0.1, 0.2], betaEnd: [0.5, 0.4] },
    schedule: (options) => linearSchedule(3, options),
    score: (schedule) => new Promise<number>((resolve) => setImmediate(() => resolve(schedule.betas[2]!))),
    onProgress: ({ trial, best, done, total }) => seen.push([trial.parameters, best.score, done, total]),
  })
  expect(seen).toEqual([
    [{ betaStart: 0.1, betaEnd: 0.5 }, 0.5, 1, 4],
    [{ betaStart: 0.1, betaEnd: 0.4 }, 0.4, 2, 4],
    [{ betaStart: 0.2, betaEnd: 0.5 }, 0.4, 3, 4],
    [{ betaStart: 0.2, betaEnd: 0.4 }, 0.4, 4, 4],
  ])
})

test('an abort ends it before the next trial, and the score gets the signal', async () => {
  const controller = new AbortController()
  let scored = 0
  const search = gridSearch({
    grid: { n: [1, 2, 3] },
    schedule: ({ n }) => n,
    score: (n, { signal }) => {
      expect(signal).toBe(controller.signal)
      scored++
      if (n === 2) controller.abort(new Error('enough'))
      return n
    },
    signal: controller.signal,
  })
  await expect(search).rejects.toThrow('enough')
  expect(scored).toBe(2)
})

test('bad grids and scores are told', async () => {
  const common = { schedule: () => 0, score: () => 1 }
  await expect(gridSearch({ ...common, grid: {} })).rejects.toThrow(
    'gridSearch: expected at least one parameter, got none',
  )
  await expect(gridSearch({ ...common, grid: { a: [1], b: [] } })).rejects.toThrow(
    'expected at least one value of b, got none',
  )
  await expect(gridSearch({ grid: { a: [7] }, schedule: () => 0, score: () => Number.NaN })).rejects.toThrow(
    'schedule search: expected a number as score, got NaN for {"a":7}',
  )
  const failing = await gridSearch({ ...common, grid: { a: [1, 2] }, score: () => Infinity })
  expect(failing.best.parameters).toEqual({ a: 1 })
})
