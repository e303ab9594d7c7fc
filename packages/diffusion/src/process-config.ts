import { CascadeError, parseConfig, type Schema, schema } from '@cascade-diffusion/checks'
import { migrateSchedule, type ScheduleConfig, schedules } from '@cascade-diffusion/schedules'
import {
  checkProcess,
  type DiffusionProcess,
  isDiscrete,
  learnsVariance,
  type NoiseInput,
  noiseInputs,
  type Prediction,
  predictions,
  type Schedule,
  type Variance,
  variances,
} from './process.ts'

/** A diffusion process in words, as a checkpoint keeps it: a JSON value. */
export interface ProcessConfig {
  /** Discrete steps, such as `{ name: 'cosine', steps: 1000 }`; or in continuous time, `{ name: 'continuous-cosine' }`. */
  readonly schedule: ScheduleConfig
  /** What the network predicts. Default `epsilon`. */
  readonly prediction?: Prediction
  /** The variance of the reverse steps. Default `fixed-large`. If it is not learned, it matters to ancestral sampling only. */
  readonly variance?: Variance
  /**
   * What the network is conditioned on for the noise. Default: the `timestep`; in continuous time the `rescaled-timestep`. Networks
   * conditioned on the `noise-level` or the `log-snr` can be sampled with schedules chosen after training.
   */
  readonly noiseInput?: NoiseInput
}

/** The schema of {@link ProcessConfig}. */
export const processSchema: Schema<ProcessConfig> = schema.record<ProcessConfig>({
  schedule: schedules.schema,
  prediction: schema.optional(schema.oneOf(predictions)),
  variance: schema.optional(schema.oneOf(variances)),
  noiseInput: schema.optional(schema.oneOf(noiseInputs)),
})

/** The present form of a process as checkpoints before version 0.1 describe it. All else is left as it is. Unchecked. */
export const migrateProcess = (config: ProcessConfig): ProcessConfig => migrateSchedule(config)

/**
 * The process of a configuration.
 * @throws CascadeError 'input' that lists everything that is wrong with it; if a process in continuous time has a learned variance,
 * which only the losses of discrete steps train; and if nothing of the data is left at the last step, but the network is to predict ε,
 * from which no image follows there, or to be conditioned on the log-SNR, which is -∞.
 */
export function processOf(config: ProcessConfig): DiffusionProcess<Schedule> {
  const {
    schedule: chosen,
    prediction = 'epsilon',
    variance = 'fixed-large',
    ...given
  } = parseConfig('process', processSchema, config)
  const schedule = schedules.of('process.schedule', chosen)
  const { noiseInput = isDiscrete(schedule) ? 'timestep' : 'rescaled-timestep' } = given
  const process = { schedule, prediction, variance, noiseInput }
  checkProcess(process)
  if (isDiscrete(schedule)) checkEnds({ ...process, schedule })
  else if (learnsVariance(process))
    throw new CascadeError('input', `process: expected a fixed variance in continuous time, got ${variance}`)
  return process
}

/** What counts is ᾱ, whatever made it: custom betas that end in 1, too few linear steps, or `zeroTerminalSnr`. */
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
