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

/** The configuration of a diffusion process, as a checkpoint stores it: a JSON value. */
export interface ProcessConfig {
  /**
   * Of discrete steps, such as `{ name: 'cosine', steps: 1000 }`, or in continuous time, `{ name: 'continuous-cosine'
   * }`.
   */
  readonly schedule: ScheduleConfig
  /** What the network predicts. Default `epsilon`. */
  readonly prediction?: Prediction
  /** The variance of the reverse steps. Default `fixed-large`. A fixed one matters to ancestral sampling only. */
  readonly variance?: Variance
  /**
   * How the network is conditioned on the noise. Default: by the `timestep`; in continuous time by the
   * `rescaled-timestep`. A network conditioned on the `noise-level` or the `log-snr` can be sampled with a schedule
   * chosen after training.
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

/** Brings the configuration of a process from a checkpoint before version 0.1 to the present form. Unchecked. */
export const migrateProcess = (config: ProcessConfig): ProcessConfig => migrateSchedule(config)

/**
 * The process of a configuration.
 * @throws CascadeError 'input' that lists everything that is wrong with the configuration. A process in continuous time
 * must have a fixed variance: only the losses of discrete steps train a learned one. If the last step is pure noise (ᾱ
 * = 0), the network must not predict ε, from which no image follows there, and must not be conditioned on the log-SNR,
 * which is -∞.
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

/** The cause of ᾱ = 0 does not matter: custom betas that end in 1, too few linear steps, or `zeroTerminalSnr`. */
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
