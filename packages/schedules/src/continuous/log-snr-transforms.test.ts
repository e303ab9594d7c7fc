import { expect, test } from 'vitest'
import { continuousCosine } from './cosine.ts'
import { continuousLinear } from './linear.ts'
import { continuousLogLinear } from './log-linear.ts'
import { evenLogSnrTimes, shiftToResolution, truncateLogSnr } from './log-snr-transforms.ts'

test('shiftToResolution: averaging down to the original resolution gives the original log-SNR', () => {
  const [original, shifted] = [continuousCosine(), shiftToResolution(continuousCosine(), { from: 64, to: 256 })]
  for (const t of [0.1, 0.5, 0.9]) {
    // The mean of 4 × 4 pixels keeps alpha (of a smooth image) and divides sigma by 4.
    const averaged = shifted.alpha(t) / (shifted.sigma(t) / 4)
    expect(2 * Math.log(averaged)).toBeCloseTo(original.logSnr(t), 12)
    expect(shifted.timeOf(shifted.logSnr(t))).toBeCloseTo(t, 12)
  }
  expect([shifted.timeOf(Infinity), shifted.timeOf(-Infinity)]).toEqual([0, 1])
  const range = shiftToResolution(continuousLogLinear({ min: -5.1, max: 13.3 }), { from: 32, to: 48 })
  for (const t of [0, 1]) expect(range.timeOf(range.logSnr(t))).toBe(t)
})

test('simple diffusion: the shifted cosine within limits, as its paper writes it', () => {
  const schedule = shiftToResolution(truncateLogSnr(continuousCosine({ offset: 0 }), { min: -15, max: 15 }), {
    from: 64,
    to: 128,
  })
  // logsnr_schedule_cosine of its appendix.
  const [tMin, tMax] = [Math.atan(Math.exp(-0.5 * 15)), Math.atan(Math.exp(-0.5 * -15))]
  for (const t of [0, 0.25, 0.8, 1]) {
    const expected = -2 * Math.log(Math.tan(tMin + t * (tMax - tMin))) + 2 * Math.log(64 / 128)
    expect(schedule.logSnr(t)).toBeCloseTo(expected, 9)
    expect(schedule.timeOf(schedule.logSnr(t))).toBeCloseTo(t, 9)
  }
})

test('truncateLogSnr keeps to its limits exactly', () => {
  const schedule = truncateLogSnr(continuousLinear(), { min: -8, max: 12 })
  expect([schedule.logSnr(0), schedule.logSnr(1), schedule.timeOf(12), schedule.timeOf(-8)]).toEqual([12, -8, 0, 1])
})

test('evenLogSnrTimes: equal steps of log-SNR between the ends', () => {
  const schedule = continuousLinear()
  const times = evenLogSnrTimes(schedule, 5)
  expect([times.length, times[0], times[5]]).toEqual([6, 1, 0.001])
  const step = (schedule.logSnr(0.001) - schedule.logSnr(1)) / 5
  for (let i = 0; i < 5; i++) expect(schedule.logSnr(times[i + 1]!) - schedule.logSnr(times[i]!)).toBeCloseTo(step, 10)
})

test('invalid arguments are refused', () => {
  expect(() => shiftToResolution(continuousCosine(), { from: 64, to: 0 })).toThrow(
    'shiftToResolution: to: expected an integer',
  )
  expect(() => shiftToResolution(continuousCosine(), { from: 6.5, to: 8 })).toThrow(
    'shiftToResolution: from: expected an integer',
  )
  expect(() => truncateLogSnr(continuousCosine(), { min: 2, max: 1 })).toThrow(
    'truncateLogSnr: expected a finite range',
  )
  expect(() => truncateLogSnr(continuousLinear(), { min: -20, max: 1 })).toThrow('expected a log-SNR from')
  expect(() => evenLogSnrTimes(continuousLinear(), 5, { stop: 1 })).toThrow(
    'evenLogSnrTimes: expected times to decrease, got 1, 1',
  )
  expect(() => evenLogSnrTimes(continuousCosine(), 5)).toThrow(
    'evenLogSnrTimes: expected a finite log-SNR at both ends',
  )
  expect(() => evenLogSnrTimes(continuousLinear(), 0)).toThrow('evenLogSnrTimes: steps: expected an integer')
})
