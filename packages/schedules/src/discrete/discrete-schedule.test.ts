import { expect, test } from 'vitest'
import { computed, fixture, relativeError } from '../reference-fixture.ts'
import { cosineSchedule } from './cosine.ts'
import { type DiscreteSchedule, scheduleFromAlphasCumprod, scheduleFromBetas } from './discrete-schedule.ts'
import { linearSchedule } from './linear.ts'
import { respace, type Spacing } from './respace.ts'

/** Compares everything but the timesteps, each entry to 1e-12 of itself; `at` picks entries. */
function expectTables(schedule: DiscreteSchedule, expected: Record<string, number[]>, at?: readonly number[]): void {
  const errors = Object.entries({
    betas: schedule.betas,
    alphas_cumprod: schedule.alphasCumprod,
    posterior_variance: schedule.posteriorVariance,
    posterior_log_variance_clipped: schedule.posteriorLogVarianceClipped,
    posterior_mean_coef1: schedule.posteriorMeanCoef1,
    posterior_mean_coef2: schedule.posteriorMeanCoef2,
  }).filter(([name, table]) => !(relativeError(at?.map((t) => table[t]!) ?? table, expected[name]!) <= 1e-12))
  expect(errors).toEqual([])
}

test.each<[string, DiscreteSchedule, Spacing]>([
  // guided-diffusion treats an unspaced process as respaced to all its steps.
  ['linear-40', linearSchedule(40), 40],
  ['cosine-100-respaced-10', cosineSchedule(100), 10],
])('OpenAI: %s, to 1e-12', (name, schedule, spacing) => {
  const expected = fixture(name)
  const spaced = respace(schedule, spacing)
  expectTables(spaced, expected)
  expect([...spaced.timesteps]).toEqual(expected.timestep_map)
  expect([...spaced.alphasCumprodPrev]).toEqual([1, ...spaced.alphasCumprod.slice(0, -1)])
})

test.each<[string, DiscreteSchedule, Spacing]>([
  ['linear-1000-ddim20', linearSchedule(1000), { ddim: 20 }],
  ['cosine-4000-respaced-20', cosineSchedule(4000), 20],
  ['linear-300-sections-10-8-2', linearSchedule(300), [10, 8, 2]],
])('NumPy: %s, to 1e-12', (name, schedule, spacing) => {
  const spaced = respace(schedule, spacing)
  expectTables(spaced, computed[name])
  expect([...spaced.timesteps]).toEqual(computed[name].timestep_map)
  expect(spaced.unspacedSteps).toBe(schedule.betas.length)
})

test('NumPy: the whole cosine process of 4000 steps, to 1e-12', () => {
  const at = [...Array.from({ length: 16 }, (_, i) => 250 * i), 3999]
  expectTables(cosineSchedule(4000), computed['cosine-4000-some'], at)
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
  expect(schedule.posteriorMeanCoef1[0]).toBeCloseTo(1, 14)
  expect(schedule.posteriorMeanCoef2[0]).toBe(0)
})

test('given betas: a process that ends in pure noise, one of a single step, and timesteps of its own', () => {
  const spaced = { timesteps: [3, 8], unspacedSteps: 10 }
  const { alphasCumprod, posteriorMeanCoef2, timesteps, unspacedSteps } = scheduleFromBetas([0.5, 1], spaced)
  expect([...alphasCumprod, posteriorMeanCoef2[1]]).toEqual([0.5, 0, 0])
  expect([...timesteps, unspacedSteps]).toEqual([3, 8, 10])
  expect(scheduleFromBetas([0.25]).posteriorLogVarianceClipped[0]).toBeCloseTo(Math.log(0.25), 14)
  expect(scheduleFromBetas([0.25, 0.5]).unspacedSteps).toBe(2)
})

test('given cumulative products', () => {
  const { betas, alphasCumprod, timesteps } = scheduleFromAlphasCumprod([0.75, 0.375, 0])
  expect([...betas]).toEqual([0.25, 0.5, 1])
  expect([...alphasCumprod]).toEqual([0.75, 0.375, 0])
  expect([...timesteps]).toEqual([0, 1, 2])
})

test('invalid arguments are refused', () => {
  expect(() => scheduleFromBetas([])).toThrow('schedule: expected at least one beta, got none')
  for (const b of [0, -0.1, 1.1, Number.NaN])
    expect(() => scheduleFromBetas([0.1, b])).toThrow(`above 0, at most 1, got ${b} at step 1`)
  const spaced = (...timesteps: number[]) => ({ timesteps, unspacedSteps: 10 })
  expect(() => scheduleFromBetas([0.1], spaced(0, 1))).toThrow(
    'schedule: expected 1 timesteps, one for each beta, got 2',
  )
  expect(() => scheduleFromBetas([0.1, 0.1], spaced(5, 5))).toThrow('schedule: timesteps must increase, got 5, 5')
  for (const t of [0.5, -1, 10])
    expect(() => scheduleFromBetas([0.1], spaced(t))).toThrow(`timesteps that are integers from 0 to 9, got ${t}`)
  expect(() => scheduleFromAlphasCumprod([0.5, 0.6])).toThrow('at step 1')
  expect(() => scheduleFromAlphasCumprod([0.5, 0, 0])).toThrow('at step 2')
})
