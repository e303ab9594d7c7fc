import { cosineSchedule } from '@cascade-diffusion/schedules'
import { expect, test } from 'vitest'
import { checkLevel } from './augmentation.ts'
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
