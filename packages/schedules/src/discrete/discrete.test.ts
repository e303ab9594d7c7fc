import { expect, test } from 'vitest'
import { computed, relativeError } from '../reference-fixture.ts'
import { cosineSchedule } from './cosine.ts'
import { linearSchedule } from './linear.ts'
import { scaledLinearSchedule } from './scaled-linear.ts'
import { sigmoidSchedule } from './sigmoid.ts'

test('linearSchedule of 1000 steps runs from 0.0001 to 0.02, and scales with T', () => {
  const { betas } = linearSchedule(1000)
  expect(relativeError([betas[0]!, betas[999]!, betas[500]! - betas[499]!], [0.0001, 0.02, 0.0199 / 999])).toBeLessThan(
    1e-12,
  )
  // The limit of many steps is e^-10.05.
  const ends = [250, 1000, 4000].map((T) => Math.log(linearSchedule(T).alphasCumprod.at(-1)!))
  for (const end of ends) expect(end).toBeCloseTo(-10.05, 0)
  expect(linearSchedule(20).betas.at(-1)).toBe(1)
})

test('linearSchedule between given betas does not scale', () => {
  expect(relativeError(linearSchedule(3, { betaStart: 0.1, betaEnd: 0.5 }).betas, [0.1, 0.3, 0.5])).toBeLessThan(1e-15)
  expect([...linearSchedule(1, { betaStart: 0.1, betaEnd: 0.5 }).betas]).toEqual([0.1])
})

test('scaledLinearSchedule is linear in the root of β', () => {
  const { betas } = scaledLinearSchedule(1000)
  const some = [0, 250, 500, 750, 999].map((t) => betas[t]!)
  expect(relativeError(some, computed['scaled-linear-1000-some'])).toBeLessThan(1e-12)
  // ᾱ at the last step, as Stable Diffusion's users know it.
  expect(scaledLinearSchedule(1000).alphasCumprod[999]).toBeCloseTo(0.00466, 5)
  expect(relativeError(scaledLinearSchedule(2, { betaStart: 0.04, betaEnd: 0.09 }).betas, [0.04, 0.09])).toBeLessThan(
    1e-14,
  )
})

test('cosineSchedule follows the squared cosine until the last beta, which is clipped', () => {
  const { betas, alphasCumprod } = cosineSchedule(50)
  const f = (t: number) => Math.cos(((t / 50 + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  for (let t = 0; t < 49; t++) expect(alphasCumprod[t]).toBeCloseTo(f(t + 1) / f(0), 12)
  expect(betas[49]).toBe(0.999)
})

test('sigmoidSchedule is that of its definition, in 50 digits', () => {
  expect(relativeError(sigmoidSchedule(20).betas, computed['sigmoid-20'])).toBeLessThan(1e-12)
})

test('invalid arguments are refused', () => {
  expect(() => linearSchedule(19)).toThrow('linearSchedule: expected an integer of at least 20 steps, got 19')
  expect(() => linearSchedule(0, { betaEnd: 0.5 })).toThrow(
    'linearSchedule: steps: expected an integer of at least 1, got 0',
  )
  expect(() => linearSchedule(10, { betaEnd: 1.5 })).toThrow('at most 1, got')
  expect(() => cosineSchedule(0.5)).toThrow('cosineSchedule: steps: expected an integer of at least 1, got 0.5')
  expect(() => scaledLinearSchedule(-1)).toThrow(
    'scaledLinearSchedule: steps: expected an integer of at least 1, got -1',
  )
  expect(() => scaledLinearSchedule(10, { betaStart: -1 })).toThrow('got NaN at step 0')
  expect(() => sigmoidSchedule(Number.NaN)).toThrow('steps: expected an integer of at least 1, got NaN')
})
