import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cosineSchedule } from '../discrete/cosine.ts'
import { scheduleFromBetas } from '../discrete/discrete-schedule.ts'
import { linearSchedule } from '../discrete/linear.ts'
import { respace } from '../discrete/respace.ts'
import { zeroTerminalSnr } from '../discrete/zero-terminal-snr.ts'
import { relativeError } from '../reference-fixture.ts'
import { continuousCosine } from './cosine.ts'
import { toContinuous, toDiscrete } from './discretization.ts'
import { continuousLinear } from './linear.ts'
import { continuousLogLinear } from './log-linear.ts'

test('step t of toDiscrete has the noise of time (t + 1) / T', () => {
  for (const schedule of [continuousLinear(), continuousLogLinear({ min: -3, max: 4 })]) {
    const { alphasCumprod } = toDiscrete(schedule, 30)
    const expected = Float64Array.from({ length: 30 }, (_, t) => schedule.alpha((t + 1) / 30) ** 2)
    expect(relativeError(alphasCumprod, expected)).toBeLessThan(1e-13)
  }
})

test('the greatest β can be chosen', () => {
  expect(toDiscrete(continuousCosine(), 10).betas[9]).toBe(0.999)
  expect(toDiscrete(continuousCosine(), 10, { maxBeta: 0.9 }).betas[9]).toBe(0.9)
  expect(toDiscrete(continuousCosine(), 10, { maxBeta: 1 }).alphasCumprod[9]).toBe(0)
})

test('toContinuous and toDiscrete undo each other', () => {
  for (const schedule of [
    linearSchedule(100),
    cosineSchedule(30),
    respace(linearSchedule(1000), [10, 8, 2]),
    zeroTerminalSnr(linearSchedule(50)),
    scheduleFromBetas([0.3]),
  ]) {
    const back = toDiscrete(toContinuous(schedule), schedule.betas.length, { maxBeta: 1 })
    expect(relativeError(back.betas, schedule.betas)).toBeLessThan(1e-11)
  }
})

test('between steps the log-SNR is interpolated, with its inverse; before the first step sigma / alpha is', () => {
  const discrete = zeroTerminalSnr(linearSchedule(40))
  const schedule = toContinuous(discrete)
  const logSnr = (t: number) => Math.log(discrete.alphasCumprod[t]! / (1 - discrete.alphasCumprod[t]!))
  expect(schedule.logSnr(12.25 / 40)).toBeCloseTo(0.75 * logSnr(11) + 0.25 * logSnr(12), 12)
  const ratio = (t: number) => schedule.sigma(t) / schedule.alpha(t)
  expect(ratio(0.3 / 40)).toBeCloseTo(0.3 * ratio(1 / 40), 12)
  expect(1 / ratio(39.3 / 40)).toBeCloseTo(0.7 / ratio(39 / 40), 12)
  expect([schedule.alpha(0), schedule.alpha(1)]).toEqual([1, 0])
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (t) => {
      expect(schedule.timeOf(schedule.logSnr(t))).toBeCloseTo(t, 11)
    }),
  )
})

test('invalid arguments are refused', () => {
  expect(() => toDiscrete(continuousCosine(), 1.5)).toThrow(
    'toDiscrete: steps: expected an integer of at least 1, got 1.5',
  )
  expect(() => toContinuous(scheduleFromBetas([1]))).toThrow('expected some of the data in the first step')
})
