import '@tensorflow/tfjs-backend-cpu'
import { int32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { continuousCosine, continuousLogLinear, cosineSchedule, zeroTerminalSnr } from '@cascade-diffusion/schedules'
import { greatestDifference } from '@cascade-diffusion/testing'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type ConditioningAugmentation, checkLevel, defaultLevel } from '../augmentation.ts'
import type { ContinuousNoiseDraw } from './continuous-noise.ts'
import type { DiscreteNoiseDraw } from './discrete-noise.ts'
import { gaussianNoise } from './gaussian-noise.ts'

const T = 100
const augmentation = gaussianNoise({ schedule: cosineSchedule(T) })
const apply = eager(augmentation.apply)

/** ᾱ after s steps of the cosine schedule, whose clipping touches only the last. */
const alphaBar = (s: number) => {
  const f = (u: number) => Math.cos(((u + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  return f(s / T) / f(0)
}

const z = rng(1).uniform([4, 8, 8, 3])
const noise = rng(2).normal([4, 8, 8, 3])

test('each image has the noise of its level, and level 0 none at all', async () => {
  const levels = [0, 1, 40, 99]
  const zs = await apply(z, { level: int32(levels), noise })
  expect(rows(zs, 0, 1).data).toEqual(rows(z, 0, 1).data)
  levels.forEach((s, i) => {
    const [image, clean, draw] = [zs, z, noise].map((a) => rows(a as NDArray, i, i + 1).data)
    const expected = Array.from(clean!, (v, k) => Math.sqrt(alphaBar(s)) * v + Math.sqrt(1 - alphaBar(s)) * draw![k]!)
    expect(Math.max(...expected.map((v, k) => Math.abs(v - image![k]!)))).toBeLessThan(1e-6)
  })
})

test.each([1, 30, 99])('at level %i the moments are those of s forward steps', async (s) => {
  const shape = [1, 200, 200, 1]
  const flat = { dtype: 'float32', shape, data: new Float32Array(40_000).fill(0.6) } as const
  const data = Array.from((await apply(flat, { level: int32([s]), noise: rng(s).normal(shape) })).data)
  const mean = data.reduce((sum, v) => sum + v) / data.length
  const variance = data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length
  // Within five standard errors.
  expect(Math.abs(mean - 0.6 * Math.sqrt(alphaBar(s)))).toBeLessThan(5 * Math.sqrt((1 - alphaBar(s)) / 40_000))
  expect(Math.abs(variance / (1 - alphaBar(s)) - 1)).toBeLessThan(5 * Math.sqrt(2 / 40_000))
})

test('compiled once, it follows the levels it is fed', async () => {
  const compiled = jit(augmentation.apply)
  for (const level of [int32([0, 1, 2, 3]), int32([100, 50, 0, 7])]) {
    const [actual, expected] = [await compiled(z, { level, noise }), await apply(z, { level, noise })]
    expect(greatestDifference(actual.data, expected.data)).toBeLessThan(1e-6)
  }
  await compiled.dispose()
})

test('training levels are uniform over 0 to maxLevel, both included', () => {
  const { level } = gaussianNoise({ schedule: cosineSchedule(T), maxLevel: 9 }).draw({
    shape: [20_000, 1, 1, 1],
    rng: rng(5),
  })
  const { dtype, shape } = level
  const data = Array.from(level.data)
  expect([dtype, shape]).toEqual(['int32', [20_000]])
  const counts = Array.from({ length: 10 }, (_, s) => data.filter((x) => x === s).length)
  expect(counts.reduce((sum, n) => sum + n)).toBe(20_000)
  // Chi-squared with 9 degrees of freedom exceeds 33 once in 7000.
  expect(counts.reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0)).toBeLessThan(33)
})

test('a batch has the draws of its step, and a batch of samples those of its images', () => {
  const shape = [4, 8, 8, 3]
  const key = rng(7)
  expect(augmentation.draw({ shape, rng: key })).toEqual({
    level: key.fold('level').integers([4], 0, T + 1),
    noise: key.fold('augmentation').normal(shape),
  })
  const whole = augmentation.draw({ shape, rng: key, level: 30 })
  expect(whole).toEqual({ level: int32([30, 30, 30, 30]), noise: key.fold('augmentation').normal(shape) })
  const last = augmentation.draw({ shape: [1, 8, 8, 3], rng: key, level: 30, firstIndex: 3 })
  expect(last.noise.data).toEqual(rows(whole.noise, 3, 4).data)
})

test('a range of levels: uniform in training, the least in sampling by default', () => {
  const range = gaussianNoise({ schedule: cosineSchedule(T), minLevel: 7, maxLevel: 9 })
  const { level } = range.draw({ shape: [300, 1, 1, 1], rng: rng(5) })
  expect([7, 8, 9].map((s) => level.data.filter((x) => x === s).length > 60)).toEqual([true, true, true])
  expect([...new Set(level.data)].toSorted()).toEqual([7, 8, 9])
  expect(defaultLevel(range)).toBe(7)
  expect(checkLevel(range, 9)).toBe(9)
  expect(() => checkLevel(range, 6)).toThrow('a level s of gaussian-noise, an integer from 7 to 9, got 6')
  // The table still begins at s = 0.
  expect(range.noiseLevel?.(7)).toEqual(augmentation.noiseLevel?.(7))
})

test('the noise at a level is that of the step before, in float64', () => {
  const { alphasCumprod } = cosineSchedule(T)
  expect(augmentation.noiseLevel?.(0)).toEqual({ alpha: 1, sigma: 0 })
  for (const s of [1, 40, T]) {
    const a = alphasCumprod[s - 1]!
    expect(augmentation.noiseLevel?.(s)).toEqual({ alpha: Math.sqrt(a), sigma: Math.sqrt(1 - a) })
  }
})

describe.each([
  ['compiled', jit],
  ['eagerly', eager],
] as const)('%s', (_, compile) => {
  test('not variance-preserving: the image keeps its scale, at the same signal-to-noise ratio', async () => {
    const additive = gaussianNoise({ schedule: cosineSchedule(T), maxLevel: 99, variancePreserving: false })
    expect(additive.noiseLevel).toBe(undefined)
    const levels = [0, 1, 40, 99]
    const apply = compile(additive.apply)
    const zs = await apply(z, { level: int32(levels), noise })
    await apply.dispose()
    expect(rows(zs, 0, 1).data).toEqual(rows(z, 0, 1).data)
    levels.forEach((s, i) => {
      const [image, clean, draw] = [zs, z, noise].map((a) => rows(a as NDArray, i, i + 1).data)
      const ratio = Math.sqrt(1 / alphaBar(s) - 1)
      const expected = Array.from(clean!, (v, k) => v + ratio * draw![k]!)
      expect(greatestDifference(image!, expected)).toBeLessThan(1e-6 * (1 + ratio) ** 1.5)
    })
  })

  test.each([true, false])('in continuous time, variance-preserving: %s', async (variancePreserving) => {
    const times = gaussianNoise({ schedule: continuousCosine(), maxLevel: 0.9, variancePreserving })
    const apply = compile(times.apply)
    const drawn = times.draw({ shape: z.shape, rng: rng(3) })
    const zs = await apply(z, drawn)
    expect(drawn.level).toMatchObject({ dtype: 'float32', shape: [4] })
    drawn.level.data.forEach((condition, i) => {
      // ᾱ by its definition; the schedule in continuous time is not clipped.
      const a = alphaBar((condition / 1000) * T)
      const [image, clean, draw] = [zs, z, drawn.noise].map((a) => rows(a as NDArray, i, i + 1).data)
      const scale = variancePreserving ? 1 : 1 / Math.sqrt(a)
      const expected = Array.from(clean!, (v, k) => scale * (Math.sqrt(a) * v + Math.sqrt(1 - a) * draw![k]!))
      expect(greatestDifference(image!, expected)).toBeLessThan(2e-5 * scale)
    })
    const clean = times.draw({ shape: z.shape, rng: rng(3), level: 0 })
    expect((await apply(z, clean)).data).toEqual(z.data)
    expect([...clean.level.data]).toEqual([0, 0, 0, 0])
    await apply.dispose()
  })
})

test('times are uniform over their range, and the network is conditioned on 1000 s', () => {
  const times = gaussianNoise({ schedule: continuousCosine(), minLevel: 0.2, maxLevel: 0.6 })
  const levels = [...times.draw({ shape: [4000, 1, 1, 1], rng: rng(8) }).level.data]
  expect(Math.min(...levels)).toBeGreaterThanOrEqual(200)
  expect(Math.min(...levels)).toBeLessThan(201)
  expect(Math.max(...levels)).toBeLessThan(600.001)
  expect(Math.max(...levels)).toBeGreaterThan(599)
  const mean = levels.reduce((sum, x) => sum + x) / 4000
  expect(Math.abs(mean - 400)).toBeLessThan((4 * 400) / Math.sqrt(12 * 4000))
  expect(times).toMatchObject({ minLevel: 0.2, maxLevel: 0.6, continuous: true })
  const half = times.draw({ shape: [2, 1, 1, 1], rng: rng(8), level: 0.5 })
  expect([...half.level.data]).toEqual([500, 500])
  const { alpha, sigma } = continuousCosine()
  expect(times.noiseLevel?.(0.5)).toEqual({ alpha: alpha(0.5), sigma: sigma(0.5) })
  expect(half.alpha.data[0]).toBe(Math.fround(alpha(0.5)))
})

test('time 0 is the clean image, also of a schedule that begins with noise', () => {
  const schedule = continuousLogLinear()
  expect(schedule.sigma(0)).toBeGreaterThan(0)
  const times = gaussianNoise({ schedule })
  expect(times.noiseLevel?.(0)).toEqual({ alpha: 1, sigma: 0 })
  expect(times.draw({ shape: [1, 1, 1, 1], rng: rng(8), level: 0 }).sigma.data[0]).toBe(0)
})

test.each([0, 101, 2.5])('refuses a maxLevel of %d', (maxLevel) => {
  expect(() => gaussianNoise({ schedule: cosineSchedule(T), maxLevel })).toThrow(
    `gaussianNoise: expected maxLevel, an integer from 1 to 100, got ${maxLevel}`,
  )
})

const discrete = cosineSchedule(T)
const continuous = continuousCosine()
test.each([
  [
    "gaussianNoise: expected a schedule, such as cosineSchedule(4000) or continuousCosine(), got 'cosine'",
    { schedule: 'cosine' },
  ],
  ['expected a schedule, such as cosineSchedule(4000) or continuousCosine(), got undefined', {}],
  ['expected minLevel, an integer from 0 to 4, got 5', { schedule: discrete, minLevel: 5, maxLevel: 4 }],
  ['expected minLevel, an integer from 0 to 100, got 0.5', { schedule: discrete, minLevel: 0.5 }],
  ['expected maxLevel, a number from 0.000001 to 1, got 100', { schedule: continuous, maxLevel: 100 }],
  ['expected minLevel, a number from 0 to 1, got -1', { schedule: continuous, minLevel: -1 }],
  ['expected variancePreserving, true or false, got 1', { schedule: discrete, variancePreserving: 1 }],
  [
    'expected something left of the image at level 100, since variancePreserving is false, got alpha 0',
    { schedule: zeroTerminalSnr(discrete), variancePreserving: false },
  ],
  ["unknown option 'maxlevel'. Did you mean 'maxLevel'?", { schedule: discrete, maxlevel: 3 }],
])('%s', (message, options) => {
  expect(() => gaussianNoise(options as never)).toThrow(message)
})

test('the schedule says which draw it is', () => {
  expectTypeOf(gaussianNoise({ schedule: cosineSchedule(T) })).toEqualTypeOf<
    ConditioningAugmentation<DiscreteNoiseDraw>
  >()
  expectTypeOf(gaussianNoise({ schedule: continuousCosine() })).toEqualTypeOf<
    ConditioningAugmentation<ContinuousNoiseDraw>
  >()
  // @ts-expect-error: the function takes a schedule, not its name
  expect(() => gaussianNoise({ schedule: { name: 'cosine', steps: T } })).toThrow('expected a schedule, such as')
})
