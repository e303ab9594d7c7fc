import { checkSchedule } from '../checks.ts'
import type { DiscreteSchedule } from '../discrete/discrete-schedule.ts'

/**
 * The log signal-to-noise ratio λ = ln(alpha² / sigma²) of a variance-preserving noise level (alpha² + sigma² = 1, VDM,
 * Kingma et al. 2021, section 3.1), from -∞ (pure noise) to +∞ (data).
 * @param alphaCumprod ᾱ = alpha², 0 to 1.
 */
export const logSnrOfAlphaCumprod = (alphaCumprod: number): number => Math.log(alphaCumprod / (1 - alphaCumprod))

/** alpha = √sigmoid(λ): the factor of the data at a log-SNR. */
export const alphaOfLogSnr = (logSnr: number): number => Math.sqrt(1 / (1 + Math.exp(-logSnr)))

/** sigma = √sigmoid(-λ): the factor of the noise at a log-SNR, to full precision also where alpha rounds to 1. */
export const sigmaOfLogSnr = (logSnr: number): number => Math.sqrt(1 / (1 + Math.exp(logSnr)))

/**
 * The log-SNR at EDM's noise level σ, where x = x0 + σ ε (Karras et al. 2022): -2 ln σ. Dividing x by √(1 + σ²) gives
 * the variance-preserving x_t of the same log-SNR.
 */
export const logSnrOfEdmSigma = (sigma: number): number => -2 * Math.log(sigma)

/** EDM's noise level σ = sigma / alpha at a log-SNR: e^(-λ/2). */
export const edmSigmaOfLogSnr = (logSnr: number): number => Math.exp(-logSnr / 2)

/** The log-SNR of each step of a schedule, decreasing; -∞ at the last if that is pure noise. */
export function logSnrs(schedule: DiscreteSchedule): Float64Array {
  checkSchedule('logSnrs', schedule)
  return schedule.alphasCumprod.map(logSnrOfAlphaCumprod)
}

/** Limits of a log-SNR. */
export interface LogSnrRange {
  /** The log-SNR at t = 1. */
  readonly min: number
  /** The log-SNR at t = 0. */
  readonly max: number
}
