import type { NoiseLevel } from '@cascade-diffusion/diffusion'
import type { ScheduleConfig } from '@cascade-diffusion/schedules'
import { describe, expect, test } from 'vitest'
import type { StageSampling } from '../../cascade/stage-sampling.ts'
import { baseStage } from '../../stage/stage.ts'
import { alphaBar, maxLevel, T, tinyBase, tinyNetwork, tinySuperResolution } from '../../test-support.ts'
import { type LowerStage, truncatedStop } from './truncated-stop.ts'

const sampling: StageSampling = { sampler: { name: 'ancestral' } }
const base = { stage: tinyBase(), sampling }
const sr = tinySuperResolution()
const near = ({ alpha, sigma }: NoiseLevel, expected: number) => {
  expect(alpha ** 2).toBeCloseTo(expected, 12)
  expect(alpha ** 2 + sigma ** 2).toBeCloseTo(1, 12)
}

const lower = (schedule: ScheduleConfig, noiseInput: 'timestep' | 'noise-level' | 'log-snr' = 'timestep') =>
  baseStage({
    name: 'lower',
    resolution: 2,
    imageChannels: 1,
    process: { schedule, noiseInput, prediction: 'v' },
    network: tinyNetwork(),
  })

describe('s is the noise of x_t at t = s - 1', () => {
  test.each([1, 5, maxLevel])('of a process of the same steps, s = %d', (s) => {
    near(truncatedStop(base, sr, s), alphaBar(s - 1))
  })

  test('at 0 the lower stage goes to the data', () => {
    expect(truncatedStop(base, sr, 0)).toEqual({ alpha: 1, sigma: 0 })
  })

  test('of steps of training that sampling takes a few of, or not at all', () => {
    for (const changes of [{ spacing: 5 }, { steps: 4 }, { steps: [19, 15.5, 0] }, { steps: [19, 15] }])
      near(truncatedStop({ ...base, sampling: { ...sampling, ...changes } }, sr, 6), alphaBar(5))
  })

  test('of a network conditioned on noise levels, whatever its schedules', () => {
    const stage = lower({ name: 'linear', steps: 2000 }, 'noise-level')
    near(truncatedStop({ stage, sampling }, sr, 6), alphaBar(5))
    const chosen = { ...sampling, schedule: { name: 'linear', steps: 30 } } as const
    near(truncatedStop({ stage, sampling: chosen }, sr, 6), alphaBar(5))
  })

  test('of a process in continuous time', () => {
    const timed = { ...sampling, steps: { count: 10, from: 0.999, to: 0.01 } }
    near(truncatedStop({ stage: lower({ name: 'continuous-cosine' }), sampling: timed }, sr, 6), alphaBar(5))
  })

  test('the schedules need to agree at s only', () => {
    const betas = [0.1, 0.2, 0.3]
    const augmentation = { name: 'gaussian-noise', schedule: { name: 'betas', betas: [...betas, 0.4] } } as const
    const below = { stage: lower({ name: 'betas', betas: [...betas, 0.5, 0.6] }), sampling }
    near(truncatedStop(below, tinySuperResolution({ augmentation }), 3), 0.9 * 0.8 * 0.7)
    expect(() => truncatedStop(below, tinySuperResolution({ augmentation }), 4)).toThrow(
      "stage 'sr': expected an augmentation by the schedule of 'lower' for truncated sampling: at s = 4, ᾱ is 0.252 in 'lower', but 0.3024 in the gaussian-noise of 'sr'",
    )
  })
})

const withNoise = (schedule: ScheduleConfig) =>
  tinySuperResolution({ augmentation: { name: 'gaussian-noise', schedule } as never })

test.each<[string, LowerStage, ReturnType<typeof tinySuperResolution>, number, string | RegExp]>([
  ['s out of the augmentation’s range', base, sr, 13, "stage 'sr': expected a level s of gaussian-noise"],
  [
    's beyond the steps of the lower process',
    base,
    withNoise({ name: 'cosine', steps: 2 * T }),
    30,
    "stage 'sr': expected s of at most 20, the steps of 'base', for truncated sampling, got 30",
  ],
  [
    'another schedule',
    base,
    withNoise({ name: 'linear', steps: T }),
    3,
    /^stage 'sr': expected an augmentation by the schedule of 'base' .*at s = 3, ᾱ is 0\.9\d+ in 'base', but 0\.\d+ in the gaussian-noise of 'sr'$/,
  ],
  [
    'a noise level outside the process',
    { stage: lower({ name: 'linear', steps: 10, betaStart: 0.2, betaEnd: 0.3 }, 'noise-level'), sampling },
    sr,
    1,
    /^stage 'sr': expected s within the process of 'lower' for truncated sampling, ᾱ from 0\.0\d+ to 0\.8, got s = 1, where ᾱ is 0\.9/,
  ],
  [
    'a resampler',
    { stage: { name: 'up', kind: 'resample' } },
    sr,
    3,
    "stage 'sr': expected a diffusion model before it for truncated sampling, got 'up' (resample), which has no process",
  ],
  [
    'blur',
    base,
    tinySuperResolution({ augmentation: { name: 'gaussian-blur', sigma: [0.4, 0.6], size: 3 } }),
    0,
    "stage 'sr': expected an augmentation by a forward process for truncated sampling, such as gaussian-noise, got gaussian-blur",
  ],
  ['no sampling', { stage: tinyBase() }, sr, 3, "stage 'sr': expected the sampling of 'base'"],
  [
    'no step above it',
    { ...base, sampling: { ...sampling, steps: [5, 2] } },
    sr,
    6,
    /^stage 'base', truncated at s = 6 of 'sr': expected a step above the stop at 5 \(alpha 0\.8\d+\), got steps from 5 to 2$/,
  ],
  [
    'a restart to a step below it',
    { ...base, sampling: { ...sampling, restarts: [{ at: -1, to: 4 }] } },
    sr,
    6,
    "stage 'base', truncated at s = 6 of 'sr': expected restarts to a step above the stop at 5, got -1 to 4",
  ],
])('refuses %s', (_, below, upper, s, message) => {
  expect(() => truncatedStop(below, upper, s)).toThrow(message)
})

test('a custom augmentation whose noise level is none', () => {
  const augmentation = { ...sr.augmentation, noiseLevel: () => ({ alpha: 1, sigma: 1 }) }
  expect(() => truncatedStop(base, { ...sr, augmentation }, 3)).toThrow(
    "stage 'sr': expected its augmentation's noiseLevel to give { alpha, sigma } with alpha² + sigma² = 1",
  )
})

test('only a super-resolution stage has a level, and a stage before it', () => {
  // @ts-expect-error a base is conditioned on no small images
  expect(() => truncatedStop(base, tinyBase(), 3)).toThrow('truncatedStop: expected a super-resolution stage as the')
  // @ts-expect-error the stage alone does not say how it is sampled
  expect(() => truncatedStop(tinyBase(), sr, 3)).toThrow(
    "stage 'sr': expected the stage before it for truncated sampling",
  )
})
