import { continuousCosine, cosineSchedule } from '@cascade-diffusion/schedules'
import { expect, test } from 'vitest'
import { migrateProcess, type ProcessConfig, processOf } from './process-config.ts'

const cosine = { name: 'cosine', steps: 20 } as const

test('the defaults of a process', () => {
  expect(processOf({ schedule: cosine })).toEqual({
    schedule: cosineSchedule(20),
    prediction: 'epsilon',
    variance: 'fixed-large',
    noiseInput: 'timestep',
  })
  const continuous = processOf({ schedule: { name: 'continuous-cosine' }, prediction: 'v' })
  expect(continuous).toMatchObject({ prediction: 'v', noiseInput: 'rescaled-timestep' })
  expect('alpha' in continuous.schedule && continuous.schedule.alpha(0.3)).toBe(continuousCosine().alpha(0.3))
})

const betas = (...betas: readonly number[]) => ({ name: 'betas', betas }) as const

test.each([
  [
    { schedule: { name: 'quadratic' } },
    "process: expected schedule, a schedule by its name, one of 'cosine', 'linear'",
  ],
  [{ schedule: { ...cosine, betaEnd: 0.1 } }, "process: unknown option 'schedule.betaEnd'"],
  [{ schedule: { name: 'betas' } }, 'expected schedule.betas, a list of at least 1 entry, got undefined'],
  [
    { schedule: { name: 'scaled-linear' } },
    'process: expected schedule.steps, an integer from 1 to 1000000, got undefined',
  ],
  [{ schedule: { name: 'continuous-linear', zeroTerminalSnr: true } }, "unknown option 'schedule.zeroTerminalSnr'"],
  [
    { schedule: { name: 'continuous-cosine' }, variance: 'learned-range' },
    'expected a fixed variance in continuous time, got learned-range',
  ],
  [{ schedule: { ...cosine, zeroTerminalSnr: true } }, 'expected a prediction of x0 or v'],
  [
    { schedule: { name: 'linear', steps: 20 } },
    'since nothing of the data is left at the last step, 19: ᾱ is 0, since its β is 1',
  ],
  [{ schedule: { name: 'linear', steps: 20 }, noiseInput: 'noise-level' }, 'expected a prediction of x0 or v'],
  [{ schedule: betas(0.1, 0.5, 1) }, 'nothing of the data is left at the last step, 2: ᾱ is 0'],
  // Not 0, but in float32, where images are computed, 1 / √ᾱ is infinite.
  [{ schedule: betas(...Array(12).fill(1 - 1e-7)) }, 'nothing of the data is left at the last step, 11'],
  [
    { schedule: { ...cosine, zeroTerminalSnr: true }, prediction: 'v', noiseInput: 'log-snr' },
    'other than log-snr, which is -∞',
  ],
  [{ schedule: betas(1e-17, 0.5) }, 'expected noise at step 0, got a β of 1e-17'],
  [{ schedule: cosine, prediction: 'score' }, "expected prediction, one of 'epsilon', 'x0', 'v'; got 'score'"],
  [{ schedule: cosine, variance: 'none', noiseInput: 'sigma' }, 'process: 2 errors:\n- expected variance, one of'],
  [{ schedule: cosine, steps: 20 }, "process: unknown option 'steps'"],
  [undefined, 'process: expected an object with schedule, prediction, variance, noiseInput, got undefined'],
])('%j is refused', (config, message) => {
  expect(() => processOf(config as ProcessConfig)).toThrow(message)
})

test('the form of earlier versions is refused with the present one', () => {
  expect(() => processOf({ schedule: 'cosine', steps: 20, prediction: 'v' } as never)).toThrow(
    "process: 2 errors:\n- expected schedule, a schedule, such as { name: 'cosine' }, got 'cosine'\n- unknown option 'steps'",
  )
})

test('the form of earlier versions is read from checkpoints', () => {
  const old = { schedule: 'cosine', steps: 20, variance: 'learned-range', noiseInput: 'noise-level' }
  const now = migrateProcess(old as never)
  expect(now).toEqual({ schedule: cosine, variance: 'learned-range', noiseInput: 'noise-level' })
  expect(processOf(now).schedule).toEqual(cosineSchedule(20))
  expect(migrateProcess(now)).toEqual(now)
})

test.each([
  { schedule: { name: 'linear', steps: 21 } },
  { schedule: { name: 'linear', steps: 20 }, prediction: 'v' },
  { schedule: betas(0.1, 0.5, 1), prediction: 'x0' },
  { schedule: betas(...Array(5).fill(1 - 1e-7)) },
  { schedule: { ...cosine, zeroTerminalSnr: true }, prediction: 'v' },
  { schedule: { name: 'continuous-cosine' } },
] satisfies ProcessConfig[])('%j can be sampled', (config) => {
  expect(() => processOf(config)).not.toThrow()
})
