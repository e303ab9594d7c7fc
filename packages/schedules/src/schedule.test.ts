import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { respace } from './respace.ts'
import { cosineSchedule, type DiscreteSchedule, linearSchedule, scheduleFromBetas } from './schedule.ts'

/** Arrays of OpenAI's guided-diffusion for a process of the same configuration. */
type Reference = Record<string, number[]>
const reference = (name: string): Reference =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length)
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(1e-12)
}

function expectReference(schedule: DiscreteSchedule, expected: Reference): void {
  expectClose(schedule.betas, expected.betas!)
  expectClose(schedule.alphasCumprod, expected.alphas_cumprod!)
  expectClose(schedule.alphasCumprodPrev, [1, ...expected.alphas_cumprod!.slice(0, -1)])
  expectClose(schedule.posteriorVariance, expected.posterior_variance!)
  expectClose(schedule.posteriorLogVarianceClipped, expected.posterior_log_variance_clipped!)
  expectClose(schedule.posteriorMeanCoef1, expected.posterior_mean_coef1!)
  expectClose(schedule.posteriorMeanCoef2, expected.posterior_mean_coef2!)
  expect([...schedule.timesteps]).toEqual(expected.timestep_map)
}

test('linearSchedule is that of guided-diffusion', () => {
  expectReference(linearSchedule(40), reference('linear-40'))
})

test('cosineSchedule, respaced, is that of guided-diffusion', () => {
  expectReference(respace(cosineSchedule(100), 10), reference('cosine-100-respaced-10'))
})

test('linearSchedule of 1000 steps runs from 0.0001 to 0.02', () => {
  const { betas } = linearSchedule(1000)
  expectClose([betas[0]!, betas[999]!, betas[500]! - betas[499]!], [0.0001, 0.02, 0.0199 / 999])
})

test('cosineSchedule follows the squared cosine until the last beta, which is clipped', () => {
  const { betas, alphasCumprod } = cosineSchedule(50)
  const f = (t: number) => Math.cos(((t / 50 + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  for (let t = 0; t < 49; t++) expect(alphasCumprod[t]).toBeCloseTo(f(t + 1) / f(0), 12)
  expect(betas[49]).toBe(0.999)
})

test('the posterior is that of Bayes for two Gaussians', () => {
  const { betas, alphasCumprod: acp, ...schedule } = linearSchedule(100)
  for (let t = 1; t < 100; t++) {
    // Precisions add: q(x_t | x_{t-1}) seen as a density of x_{t-1}, and q(x_{t-1} | x0).
    const alpha = 1 - betas[t]!
    const precision = alpha / betas[t]! + 1 / (1 - acp[t - 1]!)
    expect(schedule.posteriorVariance[t]).toBeCloseTo(1 / precision, 12)
    expect(schedule.posteriorMeanCoef1[t]).toBeCloseTo(Math.sqrt(acp[t - 1]!) / (1 - acp[t - 1]!) / precision, 12)
    expect(schedule.posteriorMeanCoef2[t]).toBeCloseTo(Math.sqrt(alpha) / betas[t]! / precision, 12)
    expect(schedule.posteriorLogVarianceClipped[t]).toBeCloseTo(-Math.log(precision), 12)
  }
  expect(schedule.posteriorVariance[0]).toBe(0)
  expect(schedule.posteriorLogVarianceClipped[0]).toBe(schedule.posteriorLogVarianceClipped[1])
  expectClose([schedule.posteriorMeanCoef1[0]!, schedule.posteriorMeanCoef2[0]!], [1, 0])
})

test('given betas: a process that ends in pure noise, one of a single step, and timesteps of its own', () => {
  const { alphasCumprod, posteriorMeanCoef2, timesteps } = scheduleFromBetas([0.5, 1], [3, 8])
  expect([...alphasCumprod, posteriorMeanCoef2[1]]).toEqual([0.5, 0, 0])
  expect([...timesteps]).toEqual([3, 8])
  expect(scheduleFromBetas([0.25]).posteriorLogVarianceClipped[0]).toBeCloseTo(Math.log(0.25), 14)
})

test('bad arguments are told', () => {
  expect(() => linearSchedule(19)).toThrow('linearSchedule: expected an integer of at least 20 steps, got 19')
  expect(() => cosineSchedule(0.5)).toThrow('cosineSchedule: expected an integer of at least 1 step, got 0.5')
  expect(() => scheduleFromBetas([])).toThrow('schedule: expected at least one beta, got none')
  for (const b of [0, 1.1, Number.NaN])
    expect(() => scheduleFromBetas([0.1, b])).toThrow(`greater than 0 and at most 1, got ${b} at step 1`)
  expect(() => scheduleFromBetas([0.1], [0, 1])).toThrow('schedule: expected 1 timesteps, one a beta, got 2')
  expect(() => scheduleFromBetas([0.1, 0.1], [5, 5])).toThrow('schedule: timesteps must increase, got 5, 5')
  expect(() => scheduleFromBetas([0.1], [0.5])).toThrow('schedule: timesteps must be integers from 0, got 0.5')
})
