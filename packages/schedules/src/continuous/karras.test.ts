import { expect, test } from 'vitest'
import { computed, relativeError } from '../reference-fixture.ts'
import { continuousKarras, karrasSigmas } from './karras.ts'
import { edmSigmaOfLogSnr } from './log-snr.ts'

test("karrasSigmas are those of EDM's equation 5", () => {
  expect(relativeError(karrasSigmas(10), computed['karras-10'])).toBeLessThan(1e-12)
  const sigmas = karrasSigmas(3, { sigmaMin: 1, sigmaMax: 9, rho: 2 })
  expect(relativeError(sigmas, [9, 4, 1, 0])).toBeLessThan(1e-14)
  expect(relativeError(karrasSigmas(1), [80, 0])).toBeLessThan(1e-14)
})

test('continuousKarras has the same levels, over alpha', () => {
  const schedule = continuousKarras({ sigmaMin: 1, sigmaMax: 9, rho: 2 })
  expect(schedule.sigma(0.5) / schedule.alpha(0.5)).toBeCloseTo(4, 13)
  expect(edmSigmaOfLogSnr(schedule.logSnr(1))).toBeCloseTo(9, 13)
})

test('invalid options are refused', () => {
  expect(() => karrasSigmas(0)).toThrow('karrasSigmas: steps: expected an integer of at least 1, got 0')
  expect(() => karrasSigmas(5, { sigmaMin: 0 })).toThrow('karras: sigmaMin, sigmaMax: expected positive numbers')
  expect(() => continuousKarras({ rho: -1 })).toThrow('karras: expected rho above 0, got -1')
})
