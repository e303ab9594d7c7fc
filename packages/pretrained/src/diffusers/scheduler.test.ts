import '@tensorflow/tfjs-backend-cpu'
import { readFileSync } from 'node:fs'
import { isDiscrete, type ProcessConfig, processOf } from '@cascade-diffusion/diffusion'
import { expect, test } from 'vitest'
import { fromSchedulerConfig, readScheduler, toSchedulerConfig } from './scheduler.ts'
import { ourSteps, type SchedulerReference, schedulerDifferences } from './scheduler-agreement.ts'
import { otherProcesses, samplingSettings, schedulerClasses } from './scheduler-classes.ts'

/** Written by `npx -y pnpm@10 check:schedulers --write`, which compares more. */
const reference: SchedulerReference = JSON.parse(
  readFileSync(new URL('../fixtures/schedulers.json', import.meta.url), 'utf8'),
)
const ddpm = { _class_name: 'DDPMScheduler' }

test('every scheduler that diffusers exports is read or refused by name', () => {
  const names = Object.keys(reference.classes)
  expect([...Object.keys(schedulerClasses), ...Object.keys(otherProcesses)].sort()).toEqual([...names].sort())
  for (const name of Object.keys(otherProcesses))
    expect(() => fromSchedulerConfig({ _class_name: name, ...reference.classes[name] })).toThrow(
      `expected a scheduler whose process is one of discrete betas, got ${name}: its process `,
    )
})

test('every setting of a class that is read is known, with its default', () => {
  for (const [name, defaults] of Object.entries(schedulerClasses)) {
    const given = Object.entries(reference.classes[name]!).filter(([setting]) => !samplingSettings.has(setting))
    expect({ name, ...Object.fromEntries(given) }).toEqual({ name, ...defaults })
  }
})

test.each(reference.cases.map((one) => [one.class, JSON.stringify(one.given), one] as const))(
  'the numbers of diffusers: %s %s',
  (_, __, one) => {
    const { schedule, x0, variance } = schedulerDifferences(reference, one)
    expect(schedule).toBeLessThan(1e-11)
    expect(x0).toBeLessThan(1e-6)
    expect(variance ?? 0).toBeLessThan(1e-5)
  },
)

test.each(reference.spacings)('the steps of diffusers: $class $spacing $count', (one) => {
  const steps = ourSteps(one)
  expect(steps).toHaveLength(one.count)
  for (const [i, t] of steps.entries()) expect(t).toBeCloseTo(one.timesteps[i]!, 9)
})

test('a consistency model is not read as DDPM', () => {
  const json = {
    _class_name: 'CMStochasticIterativeScheduler',
    num_train_timesteps: 40,
    sigma_min: 0.002,
    sigma_max: 80,
  }
  expect(() => fromSchedulerConfig(json)).toThrow(
    'got CMStochasticIterativeScheduler: its process adds noise of growing σ',
  )
})

test.each<[string, object]>([
  [
    'expected _class_name, the scheduler of diffusers whose settings these are, got undefined',
    { _class_name: undefined },
  ],
  ["got 'DDPMSheduler', which is unknown. Did you mean 'DDPMScheduler'?", { _class_name: 'DDPMSheduler' }],
  ["DDPMScheduler: unknown setting 'beta_strat'. Did you mean 'beta_start'?", { beta_strat: 0.1 }],
  ["unknown setting 'noise_offset', which may change the process", { noise_offset: 0.1 }],
  ['DDPMScheduler: expected no snr_shift_scale but 1, since the class does not have it, got 3', { snr_shift_scale: 3 }],
  ['expected no use_flow_sigmas but false, since the class does not have it, got true', { use_flow_sigmas: true }],
  [
    'DPMSolverMultistepScheduler: use_flow_sigmas: its process interpolates data and noise linearly',
    { _class_name: 'DPMSolverMultistepScheduler', use_flow_sigmas: true },
  ],
  [
    "prediction_type, one of 'epsilon', 'sample', 'v_prediction', 'original_sample'; got 'flow_prediction'",
    { prediction_type: 'flow_prediction' },
  ],
  [
    "timestep_type 'discrete', got 'continuous': the network is conditioned on ln σ / 4",
    { _class_name: 'EulerDiscreteScheduler', timestep_type: 'continuous', prediction_type: 'v_prediction' },
  ],
  [
    'PNDMScheduler: expected no rescale_betas_zero_snr but false, since the class does not have it, got true',
    { _class_name: 'PNDMScheduler', rescale_betas_zero_snr: true },
  ],
  [
    "RePaintScheduler: expected no prediction_type but 'epsilon'",
    { _class_name: 'RePaintScheduler', prediction_type: 'v_prediction' },
  ],
  [
    "another variance_type than 'learned': diffusers reads the output of the network as the variance",
    { variance_type: 'learned' },
  ],
  ["expected variance_type, one of 'fixed_small'", { variance_type: 'fixed_tiny' }],
  [
    "beta_schedule, one of 'linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid', 'exp', 'laplace'; got 'cosine'",
    { beta_schedule: 'cosine' },
  ],
  ['num_train_timesteps, an integer from 1, got 1000.5', { num_train_timesteps: 1000.5 }],
  ['beta_end, a number from 0 to 1, got 2', { beta_end: 2 }],
  ['trained_betas, 1000 numbers as num_train_timesteps says, got an array of 2', { trained_betas: [0.1, 0.2] }],
  ["prediction_type 'sample' in place of predict_epsilon false, which diffusers ignores", { predict_epsilon: false }],
])('says: %s', (message, change) => {
  expect(() => fromSchedulerConfig({ ...ddpm, ...change })).toThrow(message)
})

test('refuses what is no object', () => {
  for (const json of [null, [], 'DDPMScheduler'])
    expect(() => fromSchedulerConfig(json as never)).toThrow('expected the settings of a scheduler as an object')
})

test('sets aside what only says how to sample, of other classes too, notes and nulls', () => {
  const aside = {
    clip_sample: false,
    skip_prk_steps: true,
    steps_offset: 1,
    use_karras_sigmas: true,
    timestep_spacing: 'trailing',
    lambda_min_clipped: -Infinity,
    _diffusers_version: '0.6.0',
    timestep_values: null,
    predict_epsilon: true,
    use_flow_sigmas: false,
    snr_shift_scale: 1,
    timestep_type: 'discrete',
  }
  expect(fromSchedulerConfig({ ...ddpm, ...aside })).toEqual(fromSchedulerConfig(ddpm))
})

test('what is absent, and only that, is assumed', () => {
  const linear = { beta_schedule: 'linear', beta_start: 0.0001, beta_end: 0.02 }
  const rest = { num_train_timesteps: 1000, prediction_type: 'epsilon', variance_type: 'fixed_small' }
  const assumed = (json: object) => readScheduler({ ...ddpm, ...json }).assumed
  expect(assumed({})).toEqual(['schedule', 'steps', 'prediction', 'variance'])
  expect(assumed({ ...linear, ...rest })).toEqual([])
  expect(assumed({ ...linear, ...rest, beta_end: undefined })).toEqual(['schedule'])
  expect(assumed({ beta_schedule: 'squaredcos_cap_v2', ...rest })).toEqual([])
  expect(assumed({ ...rest, num_train_timesteps: 2, trained_betas: [0.1, 0.2], variance_type: null })).toEqual([
    'variance',
  ])
  const cogVideoX = { _class_name: 'CogVideoXDDIMScheduler', ...linear, ...rest }
  expect(assumed(cogVideoX)).toEqual(['schedule'])
  expect(assumed({ ...cogVideoX, snr_shift_scale: 3 })).toEqual([])
  expect(assumed({ ...cogVideoX, snr_shift_scale: 3, beta_start: undefined })).toEqual(['schedule'])
  expect(assumed({ _class_name: 'UnCLIPScheduler', variance_type: 'learned_range' })).toEqual([
    ...['schedule', 'steps', 'prediction'],
  ])
})

test.each<ProcessConfig>([
  { schedule: { name: 'linear', steps: 1000 } },
  { schedule: { name: 'linear', steps: 40, betaStart: 0.001, betaEnd: 0.3 }, variance: 'fixed-small' },
  { schedule: { name: 'scaled-linear', steps: 1000, zeroTerminalSnr: true }, prediction: 'v' },
  { schedule: { name: 'cosine', steps: 100 }, prediction: 'x0', variance: 'learned-range' },
  { schedule: { name: 'sigmoid', steps: 100, zeroTerminalSnr: true }, prediction: 'v' },
  { schedule: { name: 'betas', betas: [0.1, 0.2, 0.3] } },
  { schedule: { name: 'cosine', steps: 1000 }, noiseInput: 'rescaled-timestep' },
])('what is written is read as the same process: $schedule', (config) => {
  const json = JSON.parse(JSON.stringify(toSchedulerConfig(config)))
  const { process, assumed } = readScheduler(json)
  const [before, after] = [processOf(config), processOf(process)]
  expect(assumed).toEqual([])
  expect({ ...after, schedule: null }).toEqual({ ...before, schedule: null, noiseInput: 'timestep' })
  if (!isDiscrete(before.schedule) || !isDiscrete(after.schedule)) throw new Error('expected discrete schedules')
  expect(after.schedule.alphasCumprod.length).toBe(before.schedule.alphasCumprod.length)
  for (const [t, bar] of after.schedule.alphasCumprod.entries())
    expect(bar).toBeCloseTo(before.schedule.alphasCumprod[t]!, 14)
})

test.each<[string, ProcessConfig]>([
  ['in continuous time', { schedule: { name: 'continuous-cosine' } }],
  ['conditioned on the log-snr of 10', { schedule: { name: 'cosine', steps: 10 }, noiseInput: 'log-snr' }],
  [
    "predicts the variance for variance_type 'learned'",
    { schedule: { name: 'cosine', steps: 10 }, variance: 'learned' },
  ],
])('does not write a process %s', (message, process) => {
  expect(() => toSchedulerConfig(process)).toThrow(message)
})
