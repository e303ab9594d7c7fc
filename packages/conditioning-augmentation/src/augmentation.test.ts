import { cosineSchedule } from '@cascade-diffusion/schedules'
import { expect, test } from 'vitest'
import { checkLevel, defaultLevel } from './augmentation.ts'
import { noAugmentation } from './no-augmentation.ts'
import { gaussianNoise } from './noise/gaussian-noise.ts'

const augmentation = gaussianNoise({ schedule: cosineSchedule(50), maxLevel: 20 })

test.each([0, 7, 20])('level %i is one of 0 to 20', (level) => {
  expect(checkLevel(augmentation, level)).toBe(level)
})

test.each([-1, 21, 1.5, Number.NaN])('level %d is none', (level) => {
  expect(() => checkLevel(augmentation, level)).toThrow(
    `checkLevel: expected a level s of gaussian-noise, an integer from 0 to 20, got ${level}`,
  )
})

test('without augmentation there is only level 0', () => {
  expect(checkLevel(noAugmentation, 0)).toBe(0)
  expect(() => checkLevel(noAugmentation, 1, "stage 'large'")).toThrow(
    "stage 'large': expected a level s of none, an integer from 0 to 0, got 1",
  )
})

test('levels in between whole numbers are for continuous ones, and the least level is the default', () => {
  const levels = { name: 'fade', minLevel: 0.25, maxLevel: 0.75, continuous: true }
  expect([0.25, 0.3, 0.75].map((level) => checkLevel(levels, level))).toEqual([0.25, 0.3, 0.75])
  for (const level of [0, 0.8, Number.NaN, '0.5'])
    expect(() => checkLevel(levels, level as number)).toThrow(
      'checkLevel: expected a level s of fade, a number from 0.25 to 0.75, got ',
    )
  expect([defaultLevel(levels), defaultLevel(noAugmentation)]).toEqual([0.25, 0])
})
