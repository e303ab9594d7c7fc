import { type ProcessConfig, scheduleOf } from '@cascade-diffusion/cascade'
import type { Prediction, Variance } from '@cascade-diffusion/diffusion'

const schedules = {
  linear: 'linear',
  scaled_linear: 'scaled-linear',
  squaredcos_cap_v2: 'cosine',
  sigmoid: 'betas',
} as const

const predictions: Record<string, Prediction> = { epsilon: 'epsilon', sample: 'x0', v_prediction: 'v' }

const variances: Record<string, Variance> = {
  fixed_small: 'fixed-small',
  fixed_small_log: 'fixed-small',
  fixed_large: 'fixed-large',
  fixed_large_log: 'fixed-large',
  learned: 'learned',
  learned_range: 'learned-range',
}

/**
 * The process that a `scheduler_config.json` of diffusers describes, which has to be one of discrete steps (DDPM, DDIM, PNDM,
 * DPM-Solver, UniPC, …): which solver it names does not matter here.
 * @throws on schedules, predictions and variances that are not known here.
 */
export function fromSchedulerConfig(json: Readonly<Record<string, unknown>>): ProcessConfig {
  const c = {
    ...{ num_train_timesteps: 1000, beta_start: 0.0001, beta_end: 0.02, beta_schedule: 'linear' },
    ...{ prediction_type: 'epsilon', variance_type: 'fixed_small', trained_betas: null, rescale_betas_zero_snr: false },
    ...json,
  } as {
    num_train_timesteps: number
    beta_start: number
    beta_end: number
    beta_schedule: keyof typeof schedules
    prediction_type: string
    variance_type: string
    trained_betas: number[] | null
    rescale_betas_zero_snr: boolean
  }
  const schedule = schedules[c.beta_schedule]
  if (!schedule && !c.trained_betas)
    throw new Error(
      `diffusers: expected beta_schedule of ${Object.keys(schedules).join(', ')}, got '${c.beta_schedule}' of ${json._class_name}`,
    )
  const steps = c.num_train_timesteps
  const range = { betaStart: c.beta_start, betaEnd: c.beta_end }
  const betas = c.trained_betas ?? (schedule === 'betas' ? sigmoidBetas(steps, c.beta_start, c.beta_end) : undefined)
  return {
    ...(betas ? { schedule: 'betas', betas } : { schedule, ...(schedule !== 'cosine' && range) }),
    steps,
    ...(c.rescale_betas_zero_snr && { zeroTerminalSnr: true }),
    prediction: named('prediction_type', predictions, c.prediction_type),
    variance: named('variance_type', variances, c.variance_type),
    noiseInput: 'timestep',
  }
}

/** Betas that rise as the logistic function does from -6 to 6 (GeoDiff, Xu et al. 2022). */
const sigmoidBetas = (steps: number, start: number, end: number): number[] =>
  Array.from({ length: steps }, (_, t) => start + (end - start) / (1 + Math.exp(6 - (12 * t) / (steps - 1))))

function named<T>(field: string, known: Record<string, T>, name: string): T {
  const value = known[name]
  if (value === undefined)
    throw new Error(`diffusers: expected ${field} of ${Object.keys(known).join(', ')}, got '${name}'`)
  return value
}

/**
 * The `scheduler_config.json` of a `DDPMScheduler` of diffusers for a process: the inverse of {@link fromSchedulerConfig}.
 * @throws if diffusers has no such process: in continuous time, or with networks that are told something else than the step.
 */
export function toSchedulerConfig(process: ProcessConfig): Readonly<Record<string, unknown>> {
  const { schedule, steps, prediction = 'epsilon', variance = 'fixed-large', noiseInput = 'timestep' } = process
  const told = noiseInput === 'timestep' || (noiseInput === 'rescaled-timestep' && steps === 1000)
  if (steps === undefined || !told)
    throw new Error(
      `diffusers: its schedulers tell networks the step of a discrete process, this one is ${steps === undefined ? 'in continuous time' : `told the ${noiseInput} of ${steps}`}`,
    )
  const keyOf = (record: Record<string, string>, value: string) => Object.keys(record).find((k) => record[k] === value)
  const known = schedule === 'betas' ? undefined : keyOf(schedules, schedule)
  const betas = scheduleOf({ ...process, steps, zeroTerminalSnr: false }).betas
  return {
    _class_name: 'DDPMScheduler',
    _diffusers_version: '0.30.0',
    num_train_timesteps: steps,
    beta_schedule: known ?? 'linear',
    beta_start: betas[0],
    beta_end: betas.at(-1),
    trained_betas: known === undefined ? [...betas] : null,
    rescale_betas_zero_snr: process.zeroTerminalSnr ?? false,
    prediction_type: keyOf(predictions, prediction),
    variance_type: keyOf(variances, variance),
    clip_sample: true,
  }
}
