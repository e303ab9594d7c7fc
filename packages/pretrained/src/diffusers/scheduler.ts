import { CascadeError, checkInteger, checkNumber, shown } from '@cascade-diffusion/checks'
import type { Prediction, ProcessConfig, Variance } from '@cascade-diffusion/diffusion'
import {
  type BetasScheduleConfig,
  type CosineScheduleConfig,
  type DiscreteScheduleConfig,
  isDiscreteConfig,
  type LinearScheduleConfig,
  type ScaledLinearScheduleConfig,
  scheduleOf,
} from '@cascade-diffusion/schedules'
import { namedBetas, shiftSnr } from './named-betas.ts'
import type { ProcessSettings } from './scheduler-classes.ts'
import { schedulerSettings, where } from './scheduler-settings.ts'

const schedules = { linear: 'linear', scaled_linear: 'scaled-linear', squaredcos_cap_v2: 'cosine' } as const
const ofBetas = ['sigmoid', 'exp', 'laplace']

const predictions: Readonly<Record<string, Prediction>> = {
  epsilon: 'epsilon',
  sample: 'x0',
  v_prediction: 'v',
  original_sample: 'x0',
}

const variances: Readonly<Record<string, Variance>> = {
  fixed_small: 'fixed-small',
  fixed_small_log: 'fixed-small',
  fixed_large: 'fixed-large',
  fixed_large_log: 'fixed-large',
  learned_range: 'learned-range',
}

/** A process, and the parts of it that are defaults. */
export interface ReadScheduler {
  readonly process: ProcessConfig
  /** The parts that the settings leave open: of `schedule`, `steps`, `prediction`, `variance`. */
  readonly assumed: readonly string[]
}

/**
 * The process that a `scheduler_config.json` of diffusers describes, by its class. The process must have discrete betas
 * (DDPM, DDIM, PNDM, Euler, DPM-Solver, UniPC, …). Missing settings are the defaults of the class. Settings that
 * determine the sampling only (solver, spacing, clipping) are ignored.
 * @throws with the name of a class that is unknown or has another process; of settings that are unknown and not null;
 * and of schedules, predictions and variances that are not supported.
 */
export const fromSchedulerConfig = (json: Readonly<Record<string, unknown>>): ProcessConfig =>
  readScheduler(json).process

/** As {@link fromSchedulerConfig}, with the parts that are defaults. */
export function readScheduler(json: Readonly<Record<string, unknown>>): ReadScheduler {
  const { className, settings, isGiven } = schedulerSettings(json)
  const at = where(className)
  const steps = checkInteger(at, 'num_train_timesteps', settings.num_train_timesteps, { from: 1 })
  const prediction = named(at, 'prediction_type', predictions, settings.prediction_type ?? 'epsilon')
  if (settings.timestep_type === 'continuous' && prediction === 'v')
    throw new CascadeError(
      'checkpoint',
      `${at}: expected timestep_type 'discrete', got 'continuous': the network is conditioned on ln σ / 4`,
    )
  const variance = settings.variance_type ?? 'fixed_small'
  if (variance === 'learned')
    throw new CascadeError(
      'checkpoint',
      `${at}: expected another variance_type than 'learned': diffusers reads the output of the network as the variance, ` +
        'the papers and this framework as its logarithm',
    )
  const process: ProcessConfig = {
    schedule: scheduleOfSettings(at, settings, steps),
    prediction,
    variance: named(at, 'variance_type', variances, variance),
    noiseInput: 'timestep',
  }
  const ranged = ['linear', 'scaled_linear', 'sigmoid'].includes(settings.beta_schedule)
  const betas = isGiven('beta_schedule') && (!ranged || (isGiven('beta_start') && isGiven('beta_end')))
  const shift = settings.snr_shift_scale === undefined || isGiven('snr_shift_scale')
  const parts = {
    schedule: shift && (betas || isGiven('trained_betas')),
    steps: isGiven('num_train_timesteps'),
    prediction: isGiven('prediction_type') || settings.prediction_type === undefined,
    variance: isGiven('variance_type'),
  }
  return { process, assumed: Object.entries(parts).flatMap(([name, known]) => (known ? [] : [name])) }
}

function scheduleOfSettings(at: string, settings: ProcessSettings, steps: number): DiscreteScheduleConfig {
  const own = ownSchedule(at, settings, steps)
  const { snr_shift_scale: given = 1 } = settings
  const scale = checkNumber(at, 'snr_shift_scale', given, { from: 0 })
  const shifted: DiscreteScheduleConfig =
    scale === 1 ? own : { name: 'betas', betas: shiftSnr(scheduleOf(own).alphasCumprod, scale) }
  return settings.rescale_betas_zero_snr ? { ...shifted, zeroTerminalSnr: true } : shifted
}

/** The schedules that have a name in diffusers too, and {@link BetasScheduleConfig}. */
type OwnSchedule = CosineScheduleConfig | LinearScheduleConfig | ScaledLinearScheduleConfig | BetasScheduleConfig

function ownSchedule(at: string, settings: ProcessSettings, steps: number): OwnSchedule {
  const { trained_betas: betas, beta_schedule: beta } = settings
  if (betas) {
    if (!Array.isArray(betas) || betas.length !== steps || betas.some((beta) => typeof beta !== 'number'))
      throw new CascadeError(
        'checkpoint',
        `${at}: expected trained_betas, ${steps} numbers as num_train_timesteps says, got ${shown(betas)}`,
      )
    return { name: 'betas', betas }
  }
  const name = Object.hasOwn(schedules, beta) ? schedules[beta as keyof typeof schedules] : undefined
  if (name === 'cosine') return { name, steps }
  const betaStart = checkNumber(at, 'beta_start', settings.beta_start, { from: 0, to: 1 })
  const betaEnd = checkNumber(at, 'beta_end', settings.beta_end, { from: 0, to: 1 })
  if (name) return { name, steps, betaStart, betaEnd }
  const computed = namedBetas(beta, steps, betaStart, betaEnd)
  if (computed) return { name: 'betas', betas: computed }
  const known = [...Object.keys(schedules), ...ofBetas].map((one) => `'${one}'`).join(', ')
  throw new CascadeError('checkpoint', `${at}: expected beta_schedule, one of ${known}; got ${shown(beta)}`)
}

function named<T>(at: string, field: keyof ProcessSettings, known: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(known, name)) return known[name]!
  const names = Object.keys(known).map((one) => `'${one}'`)
  throw new CascadeError('checkpoint', `${at}: expected ${field}, one of ${names.join(', ')}; got ${shown(name)}`)
}

/**
 * The `scheduler_config.json` of a `DDPMScheduler` of diffusers for a process: the inverse of
 * {@link fromSchedulerConfig}.
 * @throws if diffusers has no such process: one in continuous time, one whose network is conditioned on something else
 * than the step, or one whose network predicts the logarithm of the variance.
 */
export function toSchedulerConfig(process: ProcessConfig): Readonly<Record<string, unknown>> {
  const { schedule, prediction = 'epsilon', variance = 'fixed-large', noiseInput = 'timestep' } = process
  const discrete = isDiscreteConfig(schedule) ? schedule : undefined
  const betas = discrete && scheduleOf({ ...discrete, zeroTerminalSnr: false }).betas
  const steps = betas?.length
  const ofSteps = noiseInput === 'timestep' || (noiseInput === 'rescaled-timestep' && steps === 1000)
  if (!discrete || !betas || !ofSteps)
    throw new CascadeError(
      'unsupported',
      `diffusers: expected a network conditioned on the step of a discrete process, got one ${betas ? `conditioned on the ${noiseInput} of ${steps}` : 'in continuous time'}`,
    )
  if (variance === 'learned')
    throw new CascadeError(
      'unsupported',
      "diffusers: expected a network that predicts the variance for variance_type 'learned', got one that predicts its logarithm",
    )
  const keyOf = (record: Readonly<Record<string, string>>, value: string) =>
    Object.keys(record).find((key) => record[key] === value)
  const known = keyOf(schedules, discrete.name)
  const ends: { betaStart?: number; betaEnd?: number } =
    discrete.name === 'linear' || discrete.name === 'scaled-linear' ? discrete : {}
  return {
    _class_name: 'DDPMScheduler',
    _diffusers_version: '0.30.0',
    num_train_timesteps: steps,
    beta_schedule: known ?? 'linear',
    beta_start: ends.betaStart ?? betas[0],
    beta_end: ends.betaEnd ?? betas.at(-1),
    trained_betas: known === undefined ? [...betas] : null,
    rescale_betas_zero_snr: discrete.zeroTerminalSnr ?? false,
    prediction_type: keyOf(predictions, prediction),
    variance_type: keyOf(variances, variance),
    clip_sample: true,
  }
}
