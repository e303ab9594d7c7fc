import { expect, test } from 'vitest'
import { type DiscreteSchedule, scheduleFromBetas } from '../discrete/discrete-schedule.ts'
import { linearSchedule } from '../discrete/linear.ts'
import { gridSearch } from './grid-search.ts'

/** Lower the nearer the last ᾱ is to 0.2. */
const evaluate = ({ schedule }: { schedule: DiscreteSchedule }) => Math.abs(schedule.alphasCumprod.at(-1)! - 0.2)

test("finds the best of WaveGrad's grid: each β a digit times a power of ten", async () => {
  const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  const { best, trials } = await gridSearch({
    grid: { first: digits.map((d) => d / 100), second: digits.map((d) => d / 10) },
    schedule: ({ first, second }) => scheduleFromBetas([first, second]),
    evaluate,
  })
  expect(trials.length).toBe(81)
  // (1 - 0.04) (1 - 0.8) = 0.192 … (1 - 0.01) (1 - 0.8) = 0.198 is nearest.
  expect(best.candidate.parameters).toEqual({ first: 0.01, second: 0.8 })
  expect(best.objective).toBeCloseTo(0.002, 12)
  expect(best.evaluation).toBe(best.objective)
  expect([...best.candidate.schedule.betas]).toEqual([0.01, 0.8])
})

test('tries every combination in order, waits for evaluations, and reports progress', async () => {
  const seen: unknown[] = []
  await gridSearch({
    grid: { betaStart: [0.1, 0.2], betaEnd: [0.5, 0.4] },
    schedule: (options) => linearSchedule(3, options),
    evaluate: ({ schedule }) =>
      new Promise<{ last: number }>((resolve) => setImmediate(() => resolve({ last: schedule.betas[2]! }))),
    objective: ({ last }) => last,
    progress: ({ trial, best, done, total }) =>
      seen.push([trial.candidate.parameters, best.evaluation.last, done, total]),
  })
  expect(seen).toEqual([
    [{ betaStart: 0.1, betaEnd: 0.5 }, 0.5, 1, 4],
    [{ betaStart: 0.1, betaEnd: 0.4 }, 0.4, 2, 4],
    [{ betaStart: 0.2, betaEnd: 0.5 }, 0.4, 3, 4],
    [{ betaStart: 0.2, betaEnd: 0.4 }, 0.4, 4, 4],
  ])
})

test('an abort ends the search before the next trial, and evaluations get the signal', async () => {
  const controller = new AbortController()
  let evaluated = 0
  const search = gridSearch({
    grid: { n: [1, 2, 3] },
    schedule: ({ n }) => n,
    evaluate: ({ schedule: n }, { signal }) => {
      expect(signal).toBe(controller.signal)
      evaluated++
      if (n === 2) controller.abort(new Error('enough'))
      return n
    },
    signal: controller.signal,
  })
  await expect(search).rejects.toMatchObject({
    code: 'interrupted',
    name: 'AbortError',
    cause: expect.objectContaining({ message: 'enough' }),
  })
  expect(evaluated).toBe(2)
})

test('invalid grids and evaluations are refused', async () => {
  const common = { schedule: () => 0, evaluate: () => 1 }
  await expect(gridSearch({ ...common, grid: {} })).rejects.toThrow(
    'gridSearch: expected at least one parameter, got none',
  )
  await expect(gridSearch({ ...common, grid: { a: [1], b: [] } })).rejects.toThrow(
    'expected at least one value of b, got none',
  )
  await expect(gridSearch({ ...common, grid: { a: [7] }, evaluate: () => Number.NaN })).rejects.toThrow(
    'gridSearch: expected an evaluation that is a number, or an objective that makes one of it, got NaN in trial 1',
  )
  await expect(gridSearch({ ...common, grid: { a: [7] }, objective: () => '7' as never })).rejects.toThrow(
    "gridSearch: expected an objective that is a number, got '7' in trial 1",
  )
  const failing = await gridSearch({ ...common, grid: { a: [1, 2] }, evaluate: () => Infinity })
  expect(failing.best.candidate.parameters).toEqual({ a: 1 })
})
