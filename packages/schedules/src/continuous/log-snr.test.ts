import fc from 'fast-check'
import { expect, test } from 'vitest'
import { linearSchedule } from '../discrete/linear.ts'
import {
  alphaOfLogSnr,
  edmSigmaOfLogSnr,
  logSnrOfAlphaCumprod,
  logSnrOfEdmSigma,
  logSnrs,
  sigmaOfLogSnr,
} from './log-snr.ts'

test('alpha, sigma, ᾱ and σ at a log-SNR agree', () => {
  fc.assert(
    fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (logSnr) => {
      const [alpha, sigma] = [alphaOfLogSnr(logSnr), sigmaOfLogSnr(logSnr)]
      expect(alpha ** 2 + sigma ** 2).toBeCloseTo(1, 14)
      expect(2 * Math.log(alpha / sigma)).toBeCloseTo(logSnr, 12)
      expect(edmSigmaOfLogSnr(logSnr) / (sigma / alpha)).toBeCloseTo(1, 12)
      expect(logSnrOfEdmSigma(sigma / alpha)).toBeCloseTo(logSnr, 12)
    }),
  )
  expect(logSnrOfAlphaCumprod(0.75)).toBeCloseTo(Math.log(3), 14)
})

test('data and pure noise are at infinity', () => {
  expect([alphaOfLogSnr(Infinity), sigmaOfLogSnr(Infinity), edmSigmaOfLogSnr(Infinity)]).toEqual([1, 0, 0])
  expect([alphaOfLogSnr(-Infinity), sigmaOfLogSnr(-Infinity)]).toEqual([0, 1])
  expect([logSnrOfAlphaCumprod(1), logSnrOfAlphaCumprod(0)]).toEqual([Infinity, -Infinity])
})

test('sigma is exact where alpha rounds to 1', () => {
  expect(sigmaOfLogSnr(80) / Math.exp(-40)).toBeCloseTo(1, 14)
})

test('logSnrs of a schedule', () => {
  const schedule = linearSchedule(20)
  const levels = logSnrs(schedule)
  levels.slice(0, -1).forEach((level, t) => {
    expect(alphaOfLogSnr(level) ** 2).toBeCloseTo(schedule.alphasCumprod[t]!, 14)
  })
  expect(levels.at(-1)).toBe(-Infinity)
})
