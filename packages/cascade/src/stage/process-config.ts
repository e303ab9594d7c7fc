import { CascadeError, checkOptions, type KnownKeys, shown } from '@cascade-diffusion/checks'
import {
  checkProcess,
  type DiffusionProcess,
  isDiscrete,
  learnsVariance,
  type NoiseInput,
  type Prediction,
  type Schedule,
  type Variance,
} from '@cascade-diffusion/diffusion'
import {
  cosineNoise,
  cosineSchedule,
  type DiscreteSchedule,
  linearNoise,
  linearSchedule,
  type NoiseSchedule,
  scaledLinearSchedule,
  scheduleFromBetas,
  sigmoidNoise,
  sigmoidSchedule,
  zeroTerminalSnr,
} from '@cascade-diffusion/schedules'

/** A noise schedule of discrete steps by name, as a checkpoint keeps it: a JSON value. */
export interface ScheduleConfig {
  /** Its name; or `betas`, for those of your own. */
  readonly schedule: 'cosine' | 'linear' | 'scaled-linear' | 'sigmoid' | 'betas'
  /** T: the steps of the process. The paper's base models take 4000. */
  readonly steps: number
  /** β of the first step, of `linear` and `scaled-linear`. Default: that of their functions. */
  readonly betaStart?: number
  /** β of the last step, likewise. */
  readonly betaEnd?: number
  /** Every β, of `betas`. */
  readonly betas?: readonly number[]
  /** Whether it is rescaled to end in pure noise, for predictions of x0 or v. Default false. */
  readonly zeroTerminalSnr?: boolean
}

/** A diffusion process by name, as a checkpoint keeps it: a JSON value. */
export interface ProcessConfig extends Omit<ScheduleConfig, 'steps'> {
  /** T: the steps of the process. Without it `cosine`, `linear` and `sigmoid` are in continuous time, 0 to 1. */
  readonly steps?: number
  /** What the network predicts. Default `epsilon`. */
  readonly prediction?: Prediction
  /** The variance of the reverse steps. Default `fixed-large`. If it is not learned, it matters to ancestral sampling only. */
  readonly variance?: Variance
  /**
   * What the network is told of the noise. Default: the `timestep`; in continuous time the `rescaled-timestep`. Networks told
   * the `noise-level` or the `log-snr` can be sampled with schedules chosen after training.
   */
  readonly noiseInput?: NoiseInput
}

/** The names of {@link ProcessConfig}, and with it of {@link ScheduleConfig}. */
export const processKeys: KnownKeys<ProcessConfig> = {
  schedule: true,
  steps: true,
  betaStart: true,
  betaEnd: true,
  betas: true,
  zeroTerminalSnr: true,
  prediction: true,
  variance: true,
  noiseInput: true,
}

const discrete = {
  cosine: ({ steps }: ScheduleConfig) => cosineSchedule(steps),
  linear: ({ steps, ...config }: ScheduleConfig) => linearSchedule(steps, betaRange(config)),
  'scaled-linear': ({ steps, ...config }: ScheduleConfig) => scaledLinearSchedule(steps, betaRange(config)),
  sigmoid: ({ steps }: ScheduleConfig) => sigmoidSchedule(steps),
  betas: ({ steps, betas }: ScheduleConfig) => {
    if (betas?.length !== steps)
      throw new CascadeError('input', `schedule: expected ${steps} betas, got ${betas?.length ?? 'none'}`)
    return scheduleFromBetas(betas)
  },
}

const continuous: Partial<Record<ScheduleConfig['schedule'], () => NoiseSchedule>> = {
  cosine: cosineNoise,
  linear: linearNoise,
  sigmoid: sigmoidNoise,
}

const betaRange = ({ betaStart, betaEnd }: Pick<ScheduleConfig, 'betaStart' | 'betaEnd'>) => ({
  ...(betaStart !== undefined && { betaStart }),
  ...(betaEnd !== undefined && { betaEnd }),
})

/**
 * The schedule of that name; a whole process may be given for it.
 * @throws on another name, on numbers that it does not allow, and on options that it does not have.
 */
export function scheduleOf(config: ScheduleConfig): DiscreteSchedule {
  checkOptions<Partial<ProcessConfig>>('schedule', config, processKeys)
  return discreteSchedule(config)
}

function discreteSchedule(config: ScheduleConfig): DiscreteSchedule {
  const { schedule, betaStart, betaEnd, betas } = config
  const make = Object.hasOwn(discrete, schedule ?? '') ? discrete[schedule] : undefined
  if (!make)
    throw new CascadeError('input', `schedule: expected ${Object.keys(discrete).join(', ')}; got ${shown(schedule)}`)
  const ranged = schedule === 'linear' || schedule === 'scaled-linear'
  if (!ranged && (betaStart ?? betaEnd) !== undefined)
    throw new CascadeError('input', `schedule: expected no betaStart and no betaEnd, since '${schedule}' has none`)
  if (schedule !== 'betas' && betas)
    throw new CascadeError('input', `schedule: expected no betas, since it is '${schedule}'`)
  return config.zeroTerminalSnr ? zeroTerminalSnr(make(config)) : make(config)
}

function continuousSchedule(config: ProcessConfig): NoiseSchedule {
  const { schedule, betaStart, betaEnd, zeroTerminalSnr: rescaled } = config
  const make = continuous[schedule]
  if (!make)
    throw new CascadeError(
      'input',
      `process: expected the steps of ${shown(schedule)}, which is not in continuous time`,
    )
  if ((betaStart ?? betaEnd ?? rescaled) !== undefined)
    throw new CascadeError('input', 'process: expected no betaStart, betaEnd or zeroTerminalSnr in continuous time')
  return make()
}

/**
 * The process of that description.
 * @throws as {@link scheduleOf}; on names that are unknown; if a process in continuous time has a learned variance, which
 * only the losses of discrete steps train; and if nothing of the data is left at the last step but the network is to predict ε,
 * from which no image follows there, or to be told the log-SNR, which is -∞.
 */
export function processOf(config: ProcessConfig): DiffusionProcess<Schedule> {
  checkOptions('process', config, processKeys)
  const { steps, prediction = 'epsilon', variance = 'fixed-large' } = config
  const schedule = steps === undefined ? continuousSchedule(config) : discreteSchedule({ ...config, steps })
  const { noiseInput = steps === undefined ? 'rescaled-timestep' : 'timestep' } = config
  const process = { schedule, prediction, variance, noiseInput }
  checkProcess(process)
  if (steps === undefined && learnsVariance(process))
    throw new CascadeError('input', `process: expected a fixed variance in continuous time, got ${variance}`)
  if (isDiscrete(schedule)) checkEnds({ ...process, schedule })
  return process
}

/** What counts is ᾱ, whatever made it: betas of one's own that end in 1, too few linear steps, or `zeroTerminalSnr`. */
function checkEnds({ schedule, prediction, noiseInput }: DiffusionProcess): void {
  const { alphasCumprod, betas } = schedule
  const last = alphasCumprod.length - 1
  if (alphasCumprod[0] === 1)
    throw new CascadeError('input', `process: expected noise at step 0, got a β of ${betas[0]}, which 1 - β rounds off`)
  const alpha = Math.sqrt(alphasCumprod[last]!)
  if (Number.isFinite(Math.fround(1 / alpha))) return
  const ends = `nothing of the data is left at the last step, ${last}: ᾱ is ${alphasCumprod[last]}`
  const remedy = betas[last] === 1 ? ', since its β is 1. A β below 1 there would keep some' : ''
  if (prediction === 'epsilon')
    throw new CascadeError('input', `process: expected a prediction of x0 or v, since ${ends}${remedy}`)
  if (noiseInput === 'log-snr')
    throw new CascadeError(
      'input',
      `process: expected a noiseInput other than log-snr, which is -∞ where ${ends}${remedy}`,
    )
}
