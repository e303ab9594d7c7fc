import { expect, expectTypeOf, test } from 'vitest'
import type { ContinuousSchedule } from './continuous/continuous-schedule.ts'
import { continuousCosine } from './continuous/cosine.ts'
import { continuousKarras } from './continuous/karras.ts'
import { continuousLinear } from './continuous/linear.ts'
import { continuousLogLinear } from './continuous/log-linear.ts'
import { continuousSigmoid } from './continuous/sigmoid.ts'
import { cosineSchedule } from './discrete/cosine.ts'
import { type DiscreteSchedule, scheduleFromBetas } from './discrete/discrete-schedule.ts'
import { linearSchedule } from './discrete/linear.ts'
import { scaledLinearSchedule } from './discrete/scaled-linear.ts'
import { sigmoidSchedule } from './discrete/sigmoid.ts'
import { zeroTerminalSnr } from './discrete/zero-terminal-snr.ts'
import { migrateSchedule } from './migrate.ts'
import { discreteSchedules, type ScheduleConfig, scheduleOf, schedules } from './schedule-table.ts'

const discrete: readonly [ScheduleConfig, DiscreteSchedule][] = [
  [{ name: 'cosine', steps: 400 }, cosineSchedule(400)],
  [{ name: 'linear', steps: 30 }, linearSchedule(30)],
  [{ name: 'linear', steps: 8, betaStart: 0.01, betaEnd: 0.5 }, linearSchedule(8, { betaStart: 0.01, betaEnd: 0.5 })],
  [{ name: 'scaled-linear', steps: 100, betaEnd: 0.02 }, scaledLinearSchedule(100, { betaEnd: 0.02 })],
  [{ name: 'sigmoid', steps: 20 }, sigmoidSchedule(20)],
  [{ name: 'sigmoid', steps: 20, start: 0, end: 2, tau: 0.5 }, sigmoidSchedule(20, { start: 0, end: 2, tau: 0.5 })],
  [{ name: 'betas', betas: [0.1, 0.2] }, scheduleFromBetas([0.1, 0.2])],
  [{ name: 'cosine', steps: 20, zeroTerminalSnr: true }, zeroTerminalSnr(cosineSchedule(20))],
  [{ name: 'betas', betas: [0.1, 0.2], zeroTerminalSnr: true }, zeroTerminalSnr(scheduleFromBetas([0.1, 0.2]))],
]

test.each(discrete)('%j', (config, expected) => {
  expect(scheduleOf(config)).toEqual(expected)
})

const continuous: readonly [ScheduleConfig, ContinuousSchedule][] = [
  [{ name: 'continuous-cosine' }, continuousCosine()],
  [{ name: 'continuous-cosine', offset: 0.1 }, continuousCosine({ offset: 0.1 })],
  [{ name: 'continuous-linear', betaEnd: 10 }, continuousLinear({ betaEnd: 10 })],
  [{ name: 'continuous-sigmoid', tau: 0.5 }, continuousSigmoid({ tau: 0.5 })],
  [{ name: 'continuous-log-linear', min: -3, max: 4 }, continuousLogLinear({ min: -3, max: 4 })],
  [{ name: 'continuous-karras', rho: 3 }, continuousKarras({ rho: 3 })],
]

test.each(continuous)('%j', (config, expected) => {
  const made = scheduleOf(config) as ContinuousSchedule
  for (const t of [0.1, 0.5, 1]) expect(made.logSnr(t)).toBe(expected.logSnr(t))
})

test('every schedule of the table is tested here', () => {
  expect(new Set([...discrete, ...continuous].map(([{ name }]) => name))).toEqual(new Set(schedules.names))
  expectTypeOf(scheduleOf({ name: 'cosine', steps: 3 })).toEqualTypeOf<DiscreteSchedule>()
})

test.each([
  [{ name: 'cosine', step: 3 }, "- unknown option 'step'. Did you mean 'steps'?"],
  ['cosine', "schedule: expected a schedule, such as { name: 'cosine' }, got 'cosine'"],
  [{ steps: 3 }, "expected a schedule by its name, one of 'cosine', 'linear', 'scaled-linear'"],
  [{ name: 'toString', steps: 3 }, "got 'toString'"],
  [{ name: 'cosine', steps: 3, betaEnd: 0.1 }, "unknown option 'betaEnd'"],
  [{ name: 'linear', steps: 30, betaEnd: 2 }, 'expected betaEnd, a number from 0 to 1, got 2'],
  [{ name: 'betas', betas: [0.1, '0.2'] }, "expected betas[1], a number from 0 to 1, got '0.2'"],
  [{ name: 'betas', betas: [] }, 'expected betas, a list of at least 1 entry, got an array of 0'],
  [{ name: 'scaled-linear' }, 'expected steps, an integer from 1 to 1000000, got undefined'],
  [{ name: 'continuous-cosine', zeroTerminalSnr: true }, "unknown option 'zeroTerminalSnr'"],
  [{ name: 'linear', steps: 10 }, 'linearSchedule: expected an integer of at least 20 steps, got 10'],
])('%j is no schedule', (config, message) => {
  expect(() => scheduleOf(config as never)).toThrow(message)
})

test('schedules in continuous time are refused where discrete steps are expected', () => {
  expect(() => discreteSchedules.of('schedule', { name: 'continuous-cosine' } as never)).toThrow(
    "schedule: expected a schedule of discrete steps by its name, one of 'cosine'",
  )
})

test.each([
  [
    { schedule: 'cosine', steps: 1000, prediction: 'v' },
    { prediction: 'v', schedule: { name: 'cosine', steps: 1000 } },
  ],
  [
    { schedule: 'linear', steps: 30, betaStart: 0.1, betaEnd: 0.2, zeroTerminalSnr: true },
    { schedule: { name: 'linear', steps: 30, betaStart: 0.1, betaEnd: 0.2, zeroTerminalSnr: true } },
  ],
  [{ schedule: 'betas', steps: 2, betas: [0.1, 0.2] }, { schedule: { name: 'betas', betas: [0.1, 0.2] } }],
  [{ schedule: 'cosine' }, { schedule: { name: 'continuous-cosine' } }],
  [{ schedule: { name: 'cosine', steps: 3 } }, { schedule: { name: 'cosine', steps: 3 } }],
  [{ name: 'none' }, { name: 'none' }],
])('%j of an old checkpoint', (old, now) => {
  expect(migrateSchedule(old)).toEqual(now)
})

test('steps that would take all memory are refused', () => {
  for (const name of ['cosine', 'linear', 'scaled-linear', 'sigmoid'] as const)
    expect(() => scheduleOf({ name, steps: 1e9 })).toThrow(
      'schedule: expected steps, an integer from 1 to 1000000, got 1000000000',
    )
})
