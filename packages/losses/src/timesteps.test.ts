import type { DiffusionProcess } from '@cascade-diffusion/diffusion'
import { rng } from '@cascade-diffusion/random'
import { linearSchedule } from '@cascade-diffusion/schedules'
import { expect, test } from 'vitest'
import { uniformTimesteps } from './timesteps.ts'

const process: DiffusionProcess = {
  schedule: linearSchedule(20),
  prediction: 'epsilon',
  variance: 'fixed-large',
  noiseInput: 'timestep',
}

test('draws every step of the process about equally often', () => {
  const { dtype, shape, data } = uniformTimesteps(20_000, process, rng(3))
  expect([dtype, shape]).toEqual(['int32', [20_000]])
  const counts = Array.from({ length: 20 }, (_, t) => data.filter((x) => x === t).length)
  expect(counts.reduce((sum, n) => sum + n)).toBe(20_000)
  // Chi-squared with 19 degrees of freedom exceeds 50 once in 7000.
  expect(counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(50)
})
