import {
  continuousLogLinear,
  cosineSchedule,
  karrasSigmas,
  linearSchedule,
  respace,
} from '@cascade-diffusion/schedules'
import { expect, test } from 'vitest'
import type { DiffusionProcess, Schedule } from '../process/process.ts'
import { levels } from './level.ts'
import { spacedSteps, stepsDown } from './steps.ts'

const processOf = <S extends Schedule>(schedule: S): DiffusionProcess<S> => ({
  schedule,
  prediction: 'epsilon',
  variance: 'fixed-small',
  noiseInput: 'timestep',
})
const linear = processOf(linearSchedule(1000))
const lambdaAt = (t: number) => levels(linear).at(t).lambda

test('whole steps at even distances, both ends included', () => {
  expect(spacedSteps(linear, 5)).toEqual([999, 749, 500, 250, 0])
  expect(spacedSteps(linear, 1)).toEqual([999])
  expect(spacedSteps(linear, 3, { from: 20, to: 10 })).toEqual([20, 15, 10])
  expect(stepsDown(5, 3)).toEqual([5, 4, 3])
})

test('steps at even distances of the log-SNR', () => {
  const steps = spacedSteps(linear, 9, { by: 'log-snr' })
  const lambdas = steps.map(lambdaAt)
  const gap = (lambdaAt(0) - lambdaAt(999)) / 8
  for (let i = 0; i < 9; i++) expect(lambdas[i]).toBeCloseTo(lambdaAt(999) + i * gap, 8)
})

test("EDM's steps", () => {
  const [sigmaMax, sigmaMin] = [999, 0].map((t) => Math.exp(-lambdaAt(t)))
  const expected = karrasSigmas(10, { sigmaMax, sigmaMin, rho: 5 })
  spacedSteps(linear, 10, { by: 'karras', rho: 5 }).forEach((t, i) => {
    expect(Math.exp(-lambdaAt(t)) / expected[i]!).toBeCloseTo(1, 8)
  })
})

test('times of a process in continuous time', () => {
  const continuous = processOf(continuousLogLinear({ min: -10, max: 10 }))
  expect(spacedSteps(continuous, 3, { to: 0.5 })).toEqual([1, 0.75, 0.5])
  expect(spacedSteps(continuous, 3, { to: 0, by: 'log-snr' })[1]).toBeCloseTo(0.5, 12)
})

test('between two steps the log-SNR and the noise input are interpolated', () => {
  const spaced = { ...processOf(respace(cosineSchedule(1000), 10)), noiseInput: 'rescaled-timestep' as const }
  const { at, ofLambda, ...scale } = levels(spaced)
  const noiseInput = (t: number) => scale.noiseInput(at(t))
  expect(at(3.25).lambda).toBeCloseTo(0.75 * at(3).lambda + 0.25 * at(4).lambda, 10)
  expect(noiseInput(3.25)).toBeCloseTo(0.75 * noiseInput(3) + 0.25 * noiseInput(4), 10)
  expect(noiseInput(3)).toBe(333)
  expect(ofLambda(at(3.25).lambda).t).toBeCloseTo(3.25, 10)
  expect(ofLambda(-100).t).toBe(9)
  const input = (noiseInput: 'noise-level' | 'log-snr') => levels({ ...spaced, noiseInput }).noiseInput(at(3.25))
  expect(input('log-snr')).toBeCloseTo(2 * at(3.25).lambda, 12)
  expect(input('noise-level')).toBeCloseTo(at(3.25).alpha, 12)
})

test.each([
  ['no steps', 0, {}, 'expected a count of at least 1, got 0'],
  ['more steps than memory has room for', 1e9, {}, 'expected a count of at most 1000000, got 1000000000'],
  ['ends in the wrong order', 5, { from: 3, to: 9 }, 'expected to < from within 0 to 999, got 9, 3'],
  ['an end outside', 5, { from: 1000 }, 'expected to < from within 0 to 999, got 0, 1000'],
  ['more whole steps than there are', 5, { from: 3, to: 0 }, 'expected room for 5 whole steps from 3 to 0'],
])('refuses %s', (_, count, options, message) => {
  expect(() => spacedSteps(linear, count, options)).toThrow(message)
})

test('refuses an infinite log-SNR, and a continuous process without an end', () => {
  expect(() => spacedSteps(processOf(linearSchedule(20)), 5, { by: 'log-snr' })).toThrow(
    'expected a finite log-SNR at both ends, got -Infinity',
  )
  expect(() => spacedSteps(processOf(continuousLogLinear()), 5)).toThrow('expected the last time, to, of a process')
})
