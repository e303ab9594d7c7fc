import { expect, test } from 'vitest'
import { stepTimer } from './step-timer.ts'

test('the first step counts only until there is a second', () => {
  let clock = 0
  const timer = stepTimer(() => clock)
  clock = 5000
  expect(timer(10)).toEqual({ stepsPerSecond: 0.2, secondsLeft: 50 })
  clock = 5500
  expect(timer(9)).toEqual({ stepsPerSecond: 2, secondsLeft: 4.5 })
  clock = 6250
  expect(timer(8).stepsPerSecond).toBe(1.6)
})
