import '@tensorflow/tfjs-backend-cpu'
import { readFileSync } from 'node:fs'
import { float32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import {
  type ContinuousSchedule,
  continuousCosine,
  continuousLinear,
  type DiscreteScheduleConfig,
  scheduleOf,
} from '@cascade-diffusion/schedules'
import { greatestDifference } from '@cascade-diffusion/testing'
import { expect, test } from 'vitest'
import type { ConditioningAugmentation } from '../augmentation.ts'
import { gaussianNoise } from './gaussian-noise.ts'

interface Level {
  readonly alpha: number
  readonly sigma: number
  readonly noised: readonly number[]
}
interface Fixture {
  readonly x: readonly number[]
  readonly noise: readonly number[]
  readonly diffusers: readonly { readonly for: string; readonly levels: readonly (Level & { readonly t: number })[] }[]
  readonly imagen: readonly {
    readonly schedule: string
    readonly levels: readonly (Level & { readonly time: number; readonly logSnr: number })[]
  }[]
}
const { x, noise, diffusers, imagen } = JSON.parse(
  readFileSync(new URL('../fixtures/noise-of-others.json', import.meta.url), 'utf8'),
) as Fixture

/** What an augmentation at a level makes of the images and the noise of the fixture. */
async function noised(augmentation: ConditioningAugmentation, level: number): Promise<ArrayLike<number>> {
  const shape = [1, 2, 2, 1]
  const drawn = augmentation.draw({ shape, rng: rng(0), level })
  return (await eager(augmentation.apply)(float32(x, shape), { ...drawn, noise: float32(noise, shape) })).data
}

const schedules: Readonly<Record<string, DiscreteScheduleConfig>> = {
  'IF super-resolution, StableUnCLIP': { name: 'cosine', steps: 1000 },
  'Stable Diffusion x4 upscaler': { name: 'scaled-linear', steps: 1000, betaStart: 0.0001, betaEnd: 0.02 },
  'the default': { name: 'linear', steps: 1000 },
  '4000 steps': { name: 'cosine', steps: 4000 },
}

// diffusers rounds ᾱ to float32, which is 3e-6 of a small sigma.
test.each(diffusers)('diffusers at the timestep t is ours at s = t + 1: $for', async ({ for: name, levels }) => {
  const augmentation = gaussianNoise({ schedule: scheduleOf(schedules[name]!) })
  for (const { t, alpha, sigma, noised: theirs } of levels) {
    const ours = augmentation.noiseLevel?.(t + 1)
    expect(Math.abs(ours!.alpha - alpha)).toBeLessThan(2e-7)
    expect(Math.abs(ours!.sigma - sigma)).toBeLessThan(1e-5)
    expect(greatestDifference(await noised(augmentation, t + 1), theirs)).toBeLessThan(2e-5)
    // A step less is another level.
    if (t <= 350) expect(augmentation.noiseLevel?.(t)?.sigma).toBeLessThan(sigma - 1e-4)
  }
})

const continuous: Readonly<Record<string, ContinuousSchedule>> = {
  linear: continuousLinear({ betaStart: 1e-6, betaEnd: 20 }),
  cosine: continuousCosine(),
}

test.each(imagen)(
  'imagen-pytorch at a time is ours at the time of its log-SNR: $schedule',
  async ({ schedule: name, levels }) => {
    const schedule = continuous[name]!
    const augmentation = gaussianNoise({ schedule })
    for (const { time, logSnr, alpha, sigma, noised: theirs } of levels) {
      const s = schedule.timeOf(logSnr)
      const ours = augmentation.noiseLevel?.(s)
      expect(Math.abs(ours!.alpha - alpha)).toBeLessThan(3e-7)
      expect(Math.abs(ours!.sigma - sigma)).toBeLessThan(3e-7)
      expect(greatestDifference(await noised(augmentation, s), theirs)).toBeLessThan(5e-7)
      // Theirs has a little noise at time 0, ours none: from time 0.1 on that hardly matters.
      expect(s).toBeGreaterThan(time)
      expect(s - time).toBeLessThan(time < 0.1 ? 0.004 : 0.0003)
    }
  },
)
