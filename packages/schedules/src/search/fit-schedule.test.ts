import { expect, test } from 'vitest'
import { logSnrs } from '../continuous/log-snr.ts'
import { linearSchedule } from '../discrete/linear.ts'
import { fitSchedule } from './fit-schedule.ts'

test('finds the parameters of a schedule from its noise levels', async () => {
  const wanted = logSnrs(linearSchedule(8, { betaStart: 3e-4, betaEnd: 0.27 }))
  const { best, trials } = await fitSchedule({
    ranges: {
      betaStart: { low: 1e-6, high: 0.1, scale: 'log' },
      betaEnd: { low: 0.01, high: 0.9 },
    },
    schedule: (options) => linearSchedule(8, options),
    evaluate: async ({ schedule }) => logSnrs(schedule).reduce((sum, level, t) => sum + (level - wanted[t]!) ** 2, 0),
    trials: 150,
    tolerance: 1e-5,
  })
  expect(best.candidate.parameters.betaStart / 3e-4).toBeCloseTo(1, 2)
  expect(best.candidate.parameters.betaEnd).toBeCloseTo(0.27, 4)
  expect(best.objective).toBe(Math.min(...trials.map((trial) => trial.objective)))
  expect(trials.length).toBeLessThan(150)
})

test('a minimum outside the ranges is found at their boundary', async () => {
  const { best } = await fitSchedule({
    ranges: { a: { low: -2, high: 3 }, b: { low: 0, high: 1 } },
    schedule: (parameters) => parameters,
    evaluate: ({ schedule: { a, b } }) => (a - 5) ** 2 + 10 * (b - 0.3) ** 2,
    trials: 100,
  })
  expect(best.candidate.parameters.a).toBeCloseTo(3, 1)
  expect(best.candidate.parameters.b).toBeCloseTo(0.3, 1)
})

test('three parameters in a curved valley', async () => {
  const { best } = await fitSchedule({
    ranges: { x: { low: -2, high: 2 }, y: { low: -2, high: 3 }, z: { low: -1, high: 2 } },
    schedule: (parameters) => parameters,
    // Rosenbrock's function, at 0 in (1, 1), and a parabola.
    evaluate: ({ schedule: { x, y, z } }) => (1 - x) ** 2 + 20 * (y - x * x) ** 2 + (z - 0.5) ** 2,
    trials: 400,
    tolerance: 1e-4,
  })
  expect(best.objective).toBeLessThan(1e-5)
})

test('keeps to the number of trials, starts in the middle, and reports progress', async () => {
  for (const limit of [1, 2, 7]) {
    const done: number[] = []
    const { trials } = await fitSchedule({
      ranges: { a: { low: 0, high: 8 }, b: { low: 1, high: 100, scale: 'log' } },
      schedule: (parameters) => parameters,
      evaluate: ({ schedule: { a, b } }) => a + b,
      trials: limit,
      tolerance: 0,
      progress: (progress) => {
        expect(progress.total).toBe(limit)
        done.push(progress.done)
      },
    })
    expect(trials[0]!.candidate.parameters.a).toBe(4)
    expect(trials[0]!.candidate.parameters.b).toBeCloseTo(10, 12)
    expect(done).toEqual(Array.from({ length: limit }, (_, i) => i + 1))
  }
})

test('an abort ends the search, and invalid options are refused', async () => {
  const common = { schedule: () => 0, evaluate: () => 1 }
  const a = { low: 0, high: 1 }
  const reason = new Error('stopped')
  await expect(fitSchedule({ ...common, ranges: { a }, signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
    message: 'fitSchedule: interrupted',
    code: 'interrupted',
    cause: reason,
  })
  await expect(fitSchedule({ ...common, ranges: {} })).rejects.toThrow('fitSchedule: expected at least one parameter')
  await expect(fitSchedule({ ...common, ranges: { a }, trials: 0 })).rejects.toThrow('fitSchedule: trials: expected an')
  await expect(fitSchedule({ ...common, ranges: { a: { low: 1, high: 1 } } })).rejects.toThrow(
    'fitSchedule: range of a: expected low < high, got 1, 1',
  )
  await expect(fitSchedule({ ...common, ranges: { a: { ...a, scale: 'log' } } })).rejects.toThrow(
    'fitSchedule: range of a: expected positive numbers in increasing order, got 0, 1',
  )
})
