import { CascadeError, shown } from '@cascade-diffusion/checks'
import { checkContinuousSchedule, checkCount } from '../checks.ts'
import type { ContinuousSchedule } from './continuous-schedule.ts'
import { logSnrOfEdmSigma } from './log-snr.ts'

/**
 * How a network F is wrapped to denoise x = x0 + σ ε (Karras et al. 2022, equation 7):
 * x0 ≈ skip(σ) x + out(σ) F(in(σ) x, noise(σ)).
 */
export interface Preconditioning {
  /** c_skip. */
  skip(sigma: number): number
  /** c_out. */
  out(sigma: number): number
  /** c_in. */
  in(sigma: number): number
  /** c_noise: what the network is conditioned on for the noise. */
  noise(sigma: number): number
}

/**
 * EDM's preconditioning (Karras et al. 2022, table 1): the network's input and target have variance 1 at every σ.
 * @param sigmaData the standard deviation of the data, above 0. Default 0.5.
 */
export function edmPreconditioning(sigmaData = 0.5): Preconditioning {
  if (!(Number.isFinite(sigmaData) && sigmaData > 0))
    throw new CascadeError(
      'input',
      `edmPreconditioning: expected a standard deviation above 0, got ${shown(sigmaData)}`,
    )
  return {
    skip: (sigma) => sigmaData ** 2 / (sigma ** 2 + sigmaData ** 2),
    out: (sigma) => (sigma * sigmaData) / Math.hypot(sigma, sigmaData),
    in: (sigma) => 1 / Math.hypot(sigma, sigmaData),
    noise: (sigma) => Math.log(sigma) / 4,
  }
}

/** The preconditioning of the variance-exploding score networks of Song et al. 2021 (Karras et al. 2022, table 1). */
export const vePreconditioning: Preconditioning = {
  skip: () => 1,
  out: (sigma) => sigma,
  in: () => 1,
  noise: (sigma) => Math.log(sigma / 2),
}

/**
 * The preconditioning of an ε-predicting network of a variance-preserving process that is conditioned on the step
 * (Karras et al. 2022, table 1).
 * @param schedule the process in continuous time. {@link Preconditioning.noise} throws on a σ outside its range.
 * @param steps M: the network is conditioned on (M - 1) t. Default 1000.
 */
export function vpPreconditioning(schedule: ContinuousSchedule, steps = 1000): Preconditioning {
  checkContinuousSchedule('vpPreconditioning', schedule)
  checkCount('vpPreconditioning: steps', steps)
  return {
    skip: () => 1,
    out: (sigma) => -sigma,
    in: (sigma) => 1 / Math.hypot(sigma, 1),
    noise: (sigma) => (steps - 1) * schedule.timeOf(logSnrOfEdmSigma(sigma)),
  }
}
