import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { drawLevels } from './draw-levels.ts'

const options = { shape: [3000, 2, 2, 1], rng: rng(4) }

test('a level that is given is that of all images', () => {
  expect(drawLevels({ ...options, shape: [3, 2, 2, 1], level: 2.5 }, { maxLevel: 9 })).toEqual([2.5, 2.5, 2.5])
})

test('others are uniform over the range, both ends included', () => {
  const levels = drawLevels(options, { minLevel: 2, maxLevel: 4 })
  const counts = [2, 3, 4].map((s) => levels.filter((level) => level === s).length)
  expect(counts.reduce((sum, n) => sum + n)).toBe(3000)
  // Chi-squared with 2 degrees of freedom exceeds 18 once in 8000.
  expect(counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(18)
  const continuous = drawLevels(options, { minLevel: 0.25, maxLevel: 0.75, continuous: true })
  expect(Math.min(...continuous)).toBeGreaterThanOrEqual(0.25)
  expect(Math.max(...continuous)).toBeLessThanOrEqual(0.75)
  const quarters = [0, 1, 2, 3].map((i) => continuous.filter((s) => Math.floor((s - 0.25) * 8) === i).length)
  // With 3 degrees of freedom, 20 is exceeded once in 6000.
  expect(quarters.reduce((sum, n) => sum + (n - 750) ** 2 / 750, 0)).toBeLessThan(20)
})

test('they depend on the place of an image, not on its batch', () => {
  for (const range of [{ maxLevel: 9 }, { maxLevel: 9, continuous: true }]) {
    const whole = drawLevels(options, range)
    expect(drawLevels({ ...options, shape: [5, 2, 2, 1], firstIndex: 77 }, range)).toEqual(whole.slice(77, 82))
  }
})
