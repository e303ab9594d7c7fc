import {
  cosineNoise,
  cosineSchedule,
  linearSchedule,
  scaledLinearSchedule,
  scheduleFromBetas,
  zeroTerminalSnr,
} from '@cascade-diffusion/schedules'
import { expect, test } from 'vitest'
import { augmentationOf } from './augmentation-config.ts'
import { type ProcessConfig, processOf, type ScheduleConfig, scheduleOf } from './process-config.ts'

test.each([
  [{ schedule: 'cosine', steps: 4000 }, cosineSchedule(4000)],
  [
    { schedule: 'linear', steps: 8, betaStart: 0.01, betaEnd: 0.5 },
    linearSchedule(8, { betaStart: 0.01, betaEnd: 0.5 }),
  ],
  [{ schedule: 'scaled-linear', steps: 1000 }, scaledLinearSchedule(1000)],
  [{ schedule: 'betas', steps: 2, betas: [0.1, 0.2] }, scheduleFromBetas([0.1, 0.2])],
  [{ schedule: 'cosine', steps: 20, zeroTerminalSnr: true }, zeroTerminalSnr(cosineSchedule(20))],
] as [ScheduleConfig, unknown][])('%j', (config, expected) => {
  expect(scheduleOf(config)).toEqual(expected)
})

test('a process may be given for its schedule', () => {
  const process = { schedule: 'cosine', steps: 20, variance: 'learned-range', noiseInput: 'noise-level' } as const
  expect(scheduleOf(process)).toEqual(cosineSchedule(20))
  const augmentation = { name: 'gaussian-noise', ...process, maxLevel: 7 } as const
  expect(augmentationOf(augmentation).maxLevel).toBe(7)
})

test.each([
  [{ schedule: 'cosine', step: 3 }, "schedule: unknown option 'step'. Did you mean 'steps'?"],
  ['cosine', "schedule: expected an object of options, got 'cosine'"],
  [{ steps: 3 }, 'schedule: expected cosine, linear, scaled-linear, sigmoid, betas; got undefined'],
  [{ schedule: 'toString', steps: 3 }, "got 'toString'"],
])('%j is no schedule', (config, message) => {
  expect(() => scheduleOf(config as never)).toThrow(message)
})

test('what is not said of a process', () => {
  expect(processOf({ schedule: 'cosine', steps: 20 })).toMatchObject({
    prediction: 'epsilon',
    variance: 'fixed-large',
    noiseInput: 'timestep',
  })
  const continuous = processOf({ schedule: 'cosine', prediction: 'v' })
  expect(continuous).toMatchObject({ prediction: 'v', noiseInput: 'rescaled-timestep' })
  expect('alpha' in continuous.schedule && continuous.schedule.alpha(0.3)).toBe(cosineNoise().alpha(0.3))
})

const cosine = { schedule: 'cosine', steps: 20 }

test.each([
  [{ ...cosine, schedule: 'quadratic' }, 'expected cosine, linear, scaled-linear, sigmoid, betas'],
  [{ ...cosine, betaEnd: 0.1 }, "expected no betaStart and no betaEnd, since 'cosine' has none"],
  [{ ...cosine, betas: [0.1] }, "expected no betas, since it is 'cosine'"],
  [{ schedule: 'betas', steps: 3, betas: [0.1] }, 'expected 3 betas, got 1'],
  [{ schedule: 'betas', steps: 3 }, 'expected 3 betas, got none'],
  [{ schedule: 'scaled-linear' }, "expected the steps of 'scaled-linear', which is not in continuous time"],
  [{ schedule: 'linear', betaEnd: 3 }, 'expected no betaStart, betaEnd or zeroTerminalSnr in continuous time'],
  [
    { schedule: 'cosine', variance: 'learned-range' },
    'expected a fixed variance in continuous time, got learned-range',
  ],
  [{ ...cosine, zeroTerminalSnr: true }, 'expected a prediction of x0 or v'],
  [
    { schedule: 'linear', steps: 20 },
    'since nothing of the data is left at the last step, 19: ᾱ is 0, since its β is 1',
  ],
  [{ schedule: 'linear', steps: 20, noiseInput: 'noise-level' }, 'expected a prediction of x0 or v'],
  [{ schedule: 'betas', steps: 3, betas: [0.1, 0.5, 1] }, 'nothing of the data is left at the last step, 2: ᾱ is 0'],
  // Not 0, but in float32, where images are computed, 1 / √ᾱ is infinite.
  [
    { schedule: 'betas', steps: 12, betas: Array(12).fill(1 - 1e-7) },
    'nothing of the data is left at the last step, 11',
  ],
  [{ ...cosine, zeroTerminalSnr: true, prediction: 'v', noiseInput: 'log-snr' }, 'other than log-snr, which is -∞'],
  [{ schedule: 'betas', steps: 2, betas: [1e-17, 0.5] }, 'expected noise at step 0, got a β of 1e-17'],
  [{ ...cosine, prediction: 'score' }, "expected a prediction of epsilon, x0, v; got 'score'"],
  [{ ...cosine, variance: 'none' }, "got 'none'"],
  [{ ...cosine, noiseInput: 'sigma' }, "got 'sigma'"],
])('%j is refused', (config, message) => {
  expect(() => processOf(config as ProcessConfig)).toThrow(message)
})

test.each([
  { schedule: 'linear', steps: 21 },
  { schedule: 'linear', steps: 20, prediction: 'v' },
  { schedule: 'betas', steps: 3, betas: [0.1, 0.5, 1], prediction: 'x0' },
  { schedule: 'betas', steps: 5, betas: Array(5).fill(1 - 1e-7) },
  { ...cosine, zeroTerminalSnr: true, prediction: 'v' },
  { schedule: 'cosine' },
] as ProcessConfig[])('%j can be sampled', (config) => {
  expect(() => processOf(config)).not.toThrow()
})
