import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cosineSchedule, linearSchedule } from '../discrete/beta-schedules.ts'
import { computed, relativeError } from '../reference-fixture.ts'
import { toDiscrete } from './discretization.ts'
import { karrasNoise } from './karras.ts'
import { type NoiseSchedule, noiseScheduleFromLogSnr } from './noise-schedule.ts'
import { cosineNoise, linearNoise, logLinearNoise, sigmoidNoise } from './noise-schedules.ts'

const schedules: [string, NoiseSchedule][] = [
  ['linear', linearNoise()],
  ['cosine', cosineNoise()],
  ['cosine without offset', cosineNoise({ offset: 0 })],
  ['sigmoid', sigmoidNoise()],
  ['sigmoid of low temperature', sigmoidNoise({ start: 0, tau: 0.03 })],
  ['log-linear', logLinearNoise()],
  ['karras', karrasNoise()],
]

test.each([
  ['log-snr-linear', linearNoise()],
  ['log-snr-linear-1-5', linearNoise({ betaStart: 1, betaEnd: 5 })],
  ['log-snr-cosine', cosineNoise()],
  ['log-snr-cosine-0', cosineNoise({ offset: 0 })],
  ['log-snr-sigmoid', sigmoidNoise()],
  ['log-snr-sigmoid-0-3-0.3', sigmoidNoise({ start: 0, end: 3, tau: 0.3 })],
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
        // In time, or where the log-SNR hardly knows the time, in log-SNR.
        if (Math.abs(found - t) > 1e-12) expect(schedule.logSnr(found)).toBeCloseTo(logSnr, 10)
      }),
      { numRuns: 200 },
    )
    for (const t of [0, 1]) expect(schedule.timeOf(schedule.logSnr(t))).toBeCloseTo(t, 12)
  })

  test('the inverse found by bisection is the same', () => {
    const bisected = noiseScheduleFromLogSnr(schedule.logSnr)
    for (const t of [0, 0.05, 0.5, 0.95, 1]) {
      expect(bisected.timeOf(schedule.logSnr(t))).toBeCloseTo(t, 12)
      expect(schedule.timeOf(schedule.logSnr(t))).toBeCloseTo(t, 12)
    }
  })

  test('times and log-SNRs outside are told', () => {
    for (const t of [-0.1, 1.1, Number.NaN])
      for (const value of [schedule.alpha, schedule.sigma, schedule.logSnr])
        expect(() => value(t)).toThrow(`noise schedule: expected a time from 0 to 1, got ${t}`)
    expect(() => schedule.timeOf(Number.NaN)).toThrow('noise schedule: expected a log-SNR from')
  })
})

test('the ends: data and pure noise where the definitions say so, else the limits given', () => {
  for (const schedule of [cosineNoise(), sigmoidNoise()])
    expect([schedule.alpha(0), schedule.sigma(0), schedule.alpha(1), schedule.sigma(1)]).toEqual([1, 0, 0, 1])
  expect(linearNoise().alpha(0)).toBe(1)
  expect(linearNoise().alpha(1) ** 2).toBeCloseTo(Math.exp(-10.05), 12)
  const range = logLinearNoise({ min: -4, max: 6 })
  expect([range.logSnr(0), range.logSnr(0.5), range.logSnr(1)]).toEqual([6, 1, -4])
  expect(() => range.timeOf(6.5)).toThrow('expected a log-SNR from -4 to 6, got 6.5')
})

test('the discrete schedules are those of continuous time with many steps', () => {
  const [t, T] = [1999, 10_000]
  expect(linearNoise().alpha((t + 1) / T) ** 2).toBeCloseTo(linearSchedule(T).alphasCumprod[t]!, 3)
  const { betas } = toDiscrete(cosineNoise(), 500)
  expect(relativeError(betas, cosineSchedule(500).betas)).toBeLessThan(1e-11)
})

test('bad options are told', () => {
  expect(() => linearNoise({ betaStart: 30 })).toThrow('linearNoise: betaStart, betaEnd: expected positive numbers in')
  expect(() => cosineNoise({ offset: -1 })).toThrow('cosineNoise: expected an offset of at least 0, got -1')
  expect(() => sigmoidNoise({ start: 4 })).toThrow('sigmoidNoise: expected start < end and tau > 0, got 4, 3, 1')
  expect(() => sigmoidNoise({ tau: 0 })).toThrow('got -3, 3, 0')
  expect(() => logLinearNoise({ min: 3, max: 3 })).toThrow('logLinearNoise: expected a finite range of log-SNR')
  expect(() => logLinearNoise({ min: 3, max: Infinity })).toThrow('got 3, Infinity')
})
