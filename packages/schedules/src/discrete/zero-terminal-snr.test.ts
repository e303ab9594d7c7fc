import { expect, test } from 'vitest'
import { computed, relativeError } from '../reference-fixture.ts'
import { scheduleFromBetas } from './discrete-schedule.ts'
import { linearSchedule } from './linear.ts'
import { respace } from './respace.ts'
import { zeroTerminalSnr } from './zero-terminal-snr.ts'

test('is algorithm 1 of the paper in NumPy', () => {
  expect(relativeError(zeroTerminalSnr(linearSchedule(50)).betas, computed['zero-terminal-linear-50'])).toBeLessThan(
    1e-12,
  )
})

test('the first step stays, the last is pure noise, and its posterior is that of the step before', () => {
  const original = respace(linearSchedule(1000), 20)
  const schedule = zeroTerminalSnr(original)
  expect(schedule.alphasCumprod[0]).toBeCloseTo(original.alphasCumprod[0]!, 15)
  expect([schedule.alphasCumprod[19], schedule.betas[19]]).toEqual([0, 1])
  // x_T holds nothing of the data: q(x_{T-1} | x_T, x0) = q(x_{T-1} | x0).
  expect(schedule.posteriorMeanCoef1[19]).toBeCloseTo(Math.sqrt(schedule.alphasCumprod[18]!), 15)
  expect(schedule.posteriorMeanCoef2[19]).toBe(0)
  expect(schedule.posteriorVariance[19]).toBeCloseTo(1 - schedule.alphasCumprod[18]!, 15)
  expect(schedule.timesteps).toEqual(original.timesteps)
  expect(schedule.unspacedSteps).toBe(1000)
})

test('a single step is refused', () => {
  expect(() => zeroTerminalSnr(scheduleFromBetas([0.5]))).toThrow('expected a schedule of at least 2 steps, got 1')
})
