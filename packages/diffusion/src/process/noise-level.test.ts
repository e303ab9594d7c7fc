import '@tensorflow/tfjs-backend-cpu'
import { rng } from '@cascade-diffusion/random'
import {
  continuousCosine,
  cosineSchedule,
  piecewiseUniformNoiseLevels,
  respace,
  zeroTerminalSnr,
} from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { noiseInput, noiseInputAt, noiseLevel, noiseLevelArrays, noiseLevelAt } from './noise-level.ts'
import type { DiffusionProcess, NoiseInput, Schedule } from './process.ts'

const schedule = respace(cosineSchedule(4000), 10)
const processOf = <S extends Schedule>(schedule: S, noiseInput: NoiseInput): DiffusionProcess<S> => ({
  schedule,
  prediction: 'epsilon',
  variance: 'fixed-small',
  noiseInput,
})

/** ᾱ of the cosine schedule of T steps in closed form: no β is clipped before its last steps. */
const alphaBar = (t: number, T: number) => {
  const f = (u: number) => Math.cos(((u / T + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  return f(t + 1) / f(0)
}

test.each([
  ['timestep', (t: number) => t],
  ['rescaled-timestep', (t: number) => t / 4],
  ['noise-level', (t: number) => Math.sqrt(alphaBar(t, 4000))],
  ['log-snr', (t: number) => Math.log(alphaBar(t, 4000) / (1 - alphaBar(t, 4000)))],
] as const)('a respaced process conditions its network on the %s', (name, expected) => {
  const process = processOf(schedule, name)
  const unspaced = [0, 444, 889, 1333, 1777, 2222, 2666, 3110, 3555]
  unspaced.forEach((t, i) => void expect(Math.abs(noiseInput(process, i) / expected(t) - 1 || 0)).toBeLessThan(1e-9))
  const inputs = noiseInputAt(process, tf.tensor1d([8, 3, 3], 'int32')).dataSync()
  for (const [i, t] of [3555, 1333, 1333].entries()) expect(Math.abs(inputs[i]! / expected(t) - 1)).toBeLessThan(1e-6)
  expect(noiseInputAt(process, 8).shape).toEqual([1])
})

test.each([
  ['timestep', 0.25],
  ['rescaled-timestep', 250],
  ['noise-level', Math.cos(Math.PI / 8)],
  ['log-snr', -2 * Math.log(Math.tan(Math.PI / 8))],
] as const)('a process in continuous time conditions its network on the %s', (name, expected) => {
  expect(noiseInput(processOf(continuousCosine({ offset: 0 }), name), 0.25)).toBeCloseTo(expected, 10)
})

test('noise levels of steps as tensors, and of steps and times as arrays', () => {
  const process = processOf(schedule, 'timestep')
  const tensors = noiseLevelAt(process, tf.tensor1d([2, 7], 'int32'))
  const arrays = noiseLevelArrays(process, [2, 7])
  for (const key of ['alpha', 'sigma', 'noiseInput'] as const) {
    expect(Array.from(tensors[key].dataSync())).toEqual(Array.from(arrays[key].data))
    expect(tensors[key].shape).toEqual(arrays[key].shape)
  }
  expect(arrays.alpha.data[0]! ** 2).toBeCloseTo(alphaBar(889, 4000), 6)
  const continuous = noiseLevelArrays(processOf(continuousCosine({ offset: 0 }), 'timestep'), Float64Array.of(0.5))
  expect([continuous.alpha.data[0], continuous.sigma.data[0]]).toEqual([
    Math.fround(Math.SQRT1_2),
    Math.fround(Math.SQRT1_2),
  ])
  expect(noiseLevel(continuousCosine(), -1)).toEqual({ alpha: 1, sigma: 0 })
})

test('noise levels between steps, for networks conditioned on the noise level', () => {
  const levels = piecewiseUniformNoiseLevels(5, schedule, rng(3))
  const { alpha, sigma, noiseInput } = noiseLevelArrays(processOf(schedule, 'noise-level'), levels)
  expect(Array.from(alpha.data)).toEqual(Array.from(levels.alpha, Math.fround))
  expect(Array.from(sigma.data)).toEqual(Array.from(levels.sigma, Math.fround))
  expect(noiseInput.data).toEqual(alpha.data)
  expect([alpha.shape, noiseInput.shape]).toEqual([[5, 1, 1, 1], [5]])
  const { noiseInput: logSnr } = noiseLevelArrays(processOf(schedule, 'log-snr'), { alpha: [0.6], sigma: [0.8] })
  expect(logSnr.data[0]).toBeCloseTo(Math.log(0.36 / 0.64), 6)
  expect(() => noiseLevelArrays(processOf(schedule, 'timestep'), levels)).toThrow(
    'noiseLevelArrays: expected a network conditioned on the noise-level or the log-snr, got timestep',
  )
})

test('what is outside the process is an error', () => {
  const process = processOf(schedule, 'timestep')
  expect(() => noiseInput(process, 10)).toThrow('noiseInput: expected a step from 0 to 9, got 10')
  expect(() => noiseInput(process, -1)).toThrow('noiseInput: expected a step from 0 to 9, got -1')
  expect(() => noiseLevelArrays(process, [3, Number.NaN])).toThrow('noiseLevel: expected a step from -1 to 9, got NaN')
  expect(() => noiseLevelArrays(processOf(continuousCosine(), 'timestep'), [1.5])).toThrow(
    'expected a time from 0 to 1, got 1.5',
  )
  const level = processOf(schedule, 'noise-level')
  expect(() => noiseLevelArrays(level, { alpha: [0.6], sigma: [0.6] })).toThrow('expected alpha² + sigma² = 1')
  expect(() => noiseLevelArrays(level, { alpha: [0.6], sigma: [] })).toThrow('as many sigmas as alphas, got 0 and 1')
  const noise = processOf(zeroTerminalSnr(schedule), 'log-snr')
  expect(() => noiseInput(noise, 9)).toThrow(
    'expected a finite log-SNR to condition the network on, got -Infinity at alpha 0',
  )
})
