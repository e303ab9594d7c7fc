import { CascadeError, checkOneOf, shown } from '@cascade-diffusion/checks'
import type { ContinuousSchedule, DiscreteSchedule } from '@cascade-diffusion/schedules'
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/**
 * A network as a function of tensors, its weights closed over.
 *
 * `xt` [N,H,W,C] are the noisy images, `noise` float32 [N] says how noisy each is, in the unit that the process's
 * `noiseInput` names, and `condition` is a tree of tensors of N examples each. The raw output is [N,H,W,C], the
 * process's `prediction`; with a learned variance [N,H,W,2C], whose last C channels are what `variance` says.
 */
export type Network<C = undefined> = (xt: Tensor4D, noise: Tensor1D, condition: C) => Tensor4D

/**
 * What a network predicts, where x_t = alpha x0 + sigma ε: the noise ε (DDPM), the data x0, or the velocity v = alpha ε
 * - sigma x0 (Salimans & Ho 2022, section 4).
 */
export type Prediction = 'epsilon' | 'x0' | 'v'

/**
 * The variance of p(x_{t-1} | x_t).
 * - `fixed-small`: that of the posterior q(x_{t-1} | x_t, x0), β̃_t; `fixed-large`: that of the forward step, β_t: the
 *   lower and upper bound of DDPM, section 3.2.
 * - `learned`: the network gives its natural logarithm.
 * - `learned-range`: the network gives v, mostly in [-1, 1], and ln β̃_t + (v + 1) / 2 (ln β_t - ln β̃_t) is the
 *   logarithm (Improved DDPM, Nichol & Dhariwal 2021, equation 15).
 */
export type Variance = 'fixed-small' | 'fixed-large' | 'learned' | 'learned-range'

/**
 * How a network is conditioned on the noise.
 * - `timestep`: in a discrete process, the step of the unspaced process, as in `schedule.timesteps`; in continuous
 *   time, the time, 0 to 1.
 * - `rescaled-timestep`: the timestep rescaled to 1000 steps: times 1000 / T of the unspaced process, or 1000 times the
 *   time.
 * - `noise-level`: alpha = √ᾱ_t (WaveGrad, SR3).
 * - `log-snr`: ln(alpha² / sigma²).
 */
export type NoiseInput = 'timestep' | 'rescaled-timestep' | 'noise-level' | 'log-snr'

/** Discrete steps 0 … T-1, or continuous time 0 … 1. */
export type Schedule = DiscreteSchedule | ContinuousSchedule

/**
 * A diffusion process over images in [-1, 1], with what a network trained on it predicts and is conditioned on.
 * `DiffusionProcess` has discrete steps, `DiffusionProcess<ContinuousSchedule>` is in continuous time,
 * `DiffusionProcess<Schedule>` is either.
 */
export interface DiffusionProcess<S extends Schedule = DiscreteSchedule> {
  readonly schedule: S
  readonly prediction: Prediction
  readonly variance: Variance
  readonly noiseInput: NoiseInput
}

/** A network with the process that it belongs to. */
export interface DiffusionModel<C = undefined, S extends Schedule = DiscreteSchedule> {
  readonly network: Network<C>
  readonly process: DiffusionProcess<S>
}

/** Whether a schedule has discrete steps. @throws on anything but a schedule. */
export function isDiscrete(schedule: Schedule): schedule is DiscreteSchedule {
  if (typeof schedule === 'object' && schedule !== null) {
    if ('betas' in schedule) return true
    if ('logSnr' in schedule) return false
  }
  throw new CascadeError(
    'input',
    `process: expected a schedule (cosineSchedule(1000), continuousCosine(), …; scheduleOf of @cascade-diffusion/schedules makes one of a configuration), got ${shown(schedule)}`,
  )
}

/** The noisiest step of a process: T-1, or time 1 in continuous time. @throws on anything but a schedule. */
export const lastStep = (schedule: Schedule): number => (isDiscrete(schedule) ? schedule.betas.length - 1 : 1)

/** Whether the network predicts the variance too, in a second half of its channels. */
export const learnsVariance = ({ variance }: Pick<DiffusionProcess, 'variance'>): boolean =>
  variance === 'learned' || variance === 'learned-range'

/** What a network may predict. */
export const predictions: readonly Prediction[] = ['epsilon', 'x0', 'v']

/** The variances that the reverse steps may have. */
export const variances: readonly Variance[] = ['fixed-small', 'fixed-large', 'learned', 'learned-range']

/** The ways to condition a network on the noise. */
export const noiseInputs: readonly NoiseInput[] = ['timestep', 'rescaled-timestep', 'noise-level', 'log-snr']

/**
 * Whether a network is conditioned on the noise level itself, in any unit, rather than on a step. It can then be
 * trained between steps, and sampled with a schedule that is chosen after training.
 */
export const takesNoiseLevels = (noiseInput: NoiseInput): noiseInput is 'noise-level' | 'log-snr' =>
  noiseInput === 'noise-level' || noiseInput === 'log-snr'

/** @throws if a process has no schedule, or a name in it is unknown: it may come from a file. */
export function checkProcess(process: DiffusionProcess<Schedule>): void {
  if (typeof process !== 'object' || process === null)
    throw new CascadeError(
      'input',
      `process: expected { schedule, prediction, variance, noiseInput }, got ${shown(process)}`,
    )
  const { schedule, prediction, variance, noiseInput } = process
  isDiscrete(schedule)
  checkOneOf('process', 'a prediction', prediction, predictions)
  checkOneOf('process', 'a variance', variance, variances)
  checkOneOf('process', 'a noiseInput', noiseInput, noiseInputs)
}
