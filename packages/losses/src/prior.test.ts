import '@tensorflow/tfjs-backend-cpu'
import { cosineSchedule, linearSchedule } from '@cascade-diffusion/schedules'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { priorBits } from './prior.ts'
import { relativeErrors } from './test-support.ts'

test.each([
  ['linear', linearSchedule(40)],
  ['cosine', cosineSchedule(1000)],
] as const)('is the divergence from the standard normal, in bits, %s', (_, schedule) => {
  const x0 = [0.5, -1, 0.25, 0, 0, 0]
  const a = schedule.alphasCumprod.at(-1)!
  // -(a + ln(1 - a)) / 2 by its series.
  const ofVariance = [2, 3, 4, 5].reduce((sum, n) => sum + a ** n / n, 0) / 2
  const expected = [0, 1].map((n) => {
    const meanSquare = x0.slice(3 * n, 3 * n + 3).reduce((sum, x) => sum + x * x, 0) / 3
    return ((a * meanSquare) / 2 + ofVariance) / Math.LN2
  })
  expect(relativeErrors(priorBits(schedule, tf.tensor4d(x0, [2, 1, 3, 1])).dataSync(), expected)).toBeLessThan(1e-6)
})
