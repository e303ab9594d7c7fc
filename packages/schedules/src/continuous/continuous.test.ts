import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cosineSchedule } from '../discrete/cosine.ts'
import { linearSchedule } from '../discrete/linear.ts'
import { computed, relativeError } from '../reference-fixture.ts'
import { type ContinuousSchedule, scheduleFromLogSnr } from './continuous-schedule.ts'
import { continuousCosine } from './cosine.ts'
import { toDiscrete } from './discretization.ts'
import { continuousKarras } from './karras.ts'
import { continuousLinear } from './linear.ts'
import { continuousLogLinear } from './log-linear.ts'
import { continuousSigmoid } from './sigmoid.ts'

const schedules: [string, ContinuousSchedule][] = [
  ['linear', continuousLinear()],
  ['cosine', continuousCosine()],
  ['cosine without offset', continuousCosine({ offset: 0 })],
  ['sigmoid', continuousSigmoid()],
  ['sigmoid of low temperature', continuousSigmoid({ start: 0, tau: 0.03 })],
  ['log-linear', continuousLogLinear()],
  ['karras', continuousKarras()],
]

test.each([
  ['log-snr-linear', continuousLinear()],
  ['log-snr-linear-1-5', continuousLinear({ betaStart: 1, betaEnd: 5 })],
  ['log-snr-cosine', continuousCosine()],
  ['log-snr-cosine-0', continuousCosine({ offset: 0 })],
  ['log-snr-sigmoid', continuousSigmoid()],
  ['log-snr-sigmoid-0-3-0.3', continuousSigmoid({ start: 0, end: 3, tau: 0.3 })],
] as const)('%s: the definition in 50 digits', (name, schedule) => {
  const actual = computed.times.map((t: number) => schedule.logSnr(t))
  // Absolute, since a log-SNR is 0 somewhere: the relative error of the signal-to-noise ratio.
  computed[name].forEach((expected: number, i: number) => {
    expect(Math.abs(actual[i] - expected)).toBeLessThan(2e-14 * Math.max(1, Math.abs(expected)))
  })
})

describe.each(schedules)('%s', (_, schedule) => {
  test('the log-SNR decreases and is that of alpha and sigma, which preserve variance', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (t) => {
        expect(schedule.alpha(t) ** 2 + schedule.sigma(t) ** 2).toBeCloseTo(1, 14)
        expect(2 * Math.log(schedule.alpha(t) / schedule.sigma(t))).toBeCloseTo(schedule.logSnr(t), 12)
        expect(schedule.logSnr(t * 0.999)).toBeGreaterThan(schedule.logSnr(t))
      }),
      { numRuns: 200 },
    )
  })

  test('timeOf is the inverse of logSnr', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (t) => {
        const logSnr = schedule.logSnr(t)
        const found = schedule.timeOf(logSnr)
        // In time; or in log-SNR, where that hardly depends on the time.
        if (Math.abs(found - t) > 1e-12) expect(schedule.logSnr(found)).toBeCloseTo(logSnr, 10)
      }),
      { numRuns: 200 },
    )
    for (const t of [0, 1]) expect(schedule.timeOf(schedule.logSnr(t))).toBeCloseTo(t, 12)
  })

  test('the inverse found by bisection is the same', () => {
    const bisected = scheduleFromLogSnr(schedule.logSnr)
    for (const t of [0, 0.05, 0.5, 0.95, 1]) {
      expect(bisected.timeOf(schedule.logSnr(t))).toBeCloseTo(t, 12)
      expect(schedule.timeOf(schedule.logSnr(t))).toBeCloseTo(t, 12)
    }
  })

  test('times and log-SNRs out of range are refused', () => {
    for (const t of [-0.1, 1.1, Number.NaN])
      for (const value of [schedule.alpha, schedule.sigma, schedule.logSnr])
        expect(() => value(t)).toThrow(`noise schedule: expected a time from 0 to 1, got ${t}`)
    expect(() => schedule.timeOf(Number.NaN)).toThrow('noise schedule: expected a log-SNR from')
  })
})

test('the ends: data and pure noise where the definitions give them, else the given limits', () => {
  for (const schedule of [continuousCosine(), continuousSigmoid()])
    expect([schedule.alpha(0), schedule.sigma(0), schedule.alpha(1), schedule.sigma(1)]).toEqual([1, 0, 0, 1])
  expect(continuousLinear().alpha(0)).toBe(1)
  expect(continuousLinear().alpha(1) ** 2).toBeCloseTo(Math.exp(-10.05), 12)
  const range = continuousLogLinear({ min: -4, max: 6 })
  expect([range.logSnr(0), range.logSnr(0.5), range.logSnr(1)]).toEqual([6, 1, -4])
  expect(() => range.timeOf(6.5)).toThrow('expected a log-SNR from -4 to 6, got 6.5')
})

test('the discrete schedules are those of continuous time with many steps', () => {
  const [t, T] = [1999, 10_000]
  expect(continuousLinear().alpha((t + 1) / T) ** 2).toBeCloseTo(linearSchedule(T).alphasCumprod[t]!, 3)
  const { betas } = toDiscrete(continuousCosine(), 500)
  expect(relativeError(betas, cosineSchedule(500).betas)).toBeLessThan(1e-11)
})

test('invalid options are refused', () => {
  expect(() => continuousLinear({ betaStart: 30 })).toThrow(
    'continuousLinear: betaStart, betaEnd: expected positive numbers in',
  )
  expect(() => continuousCosine({ offset: -1 })).toThrow('continuousCosine: expected an offset of at least 0, got -1')
  expect(() => continuousSigmoid({ start: 4 })).toThrow(
    'continuousSigmoid: expected start < end and tau > 0, got 4, 3, 1',
  )
  expect(() => continuousSigmoid({ tau: 0 })).toThrow('got -3, 3, 0')
  expect(() => continuousLogLinear({ min: 3, max: 3 })).toThrow(
    'continuousLogLinear: expected a finite range of log-SNR',
  )
  expect(() => continuousLogLinear({ min: 3, max: Infinity })).toThrow('got 3, Infinity')
})
