import '@tensorflow/tfjs-backend-cpu'
import { int32, type NDArray, rows } from '@cascade-diffusion/arrays'
import { jit } from '@cascade-diffusion/jit'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { cosineSchedule } from '@cascade-diffusion/schedules'
import { greatestDifference } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
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

test.each([0, 101, 2.5])('refuses a maxLevel of %d', (maxLevel) => {
  expect(() => gaussianNoise({ schedule: cosineSchedule(T), maxLevel })).toThrow(
    `gaussianNoise: expected maxLevel, an integer from 1 to 100, got ${maxLevel}`,
  )
})
