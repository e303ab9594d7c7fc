import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import { areNumbers, checkLogSnrRange, checkPositiveRange } from '../checks.ts'
import type { LogSnrRange } from './log-snr.ts'
import { type NoiseSchedule, noiseScheduleFromLogSnr } from './noise-schedule.ts'

/** Options of {@link linearNoise}: β is a rate over the whole time, a thousand times that of one of 1000 steps. */
export interface LinearNoiseOptions {
  /** β at t = 0. Default 0.1. */
  readonly betaStart?: number
  /** β at t = 1. Default 20. */
  readonly betaEnd?: number
}

/**
 * The variance-preserving SDE with linear β, the limit of {@link linearSchedule} of many steps (Song et al. 2021,
 * "Score-based generative modeling through SDEs", equation 33): ᾱ(t) = e^-B, B = t betaStart + t² (betaEnd - betaStart) / 2.
 * @throws if the rates are not positive and increasing.
 */
export function linearNoise(options: LinearNoiseOptions = {}): NoiseSchedule {
  checkOptions('linearNoise', options, { betaStart: true, betaEnd: true })
  const { betaStart = 0.1, betaEnd = 20 } = options
  checkPositiveRange('linearNoise: betaStart, betaEnd', betaStart, betaEnd)
  const slope = betaEnd - betaStart
  return noiseScheduleFromLogSnr(
    (t) => -Math.log(Math.expm1(t * betaStart + (t ** 2 * slope) / 2)),
    (logSnr) => {
      // B = ln(1 + e^-λ); for a great -λ that is -λ. The quadratic's root in the form that does not cancel.
      const B = logSnr < -40 ? -logSnr : Math.log1p(Math.exp(-logSnr))
      return (2 * B) / (betaStart + Math.sqrt(betaStart ** 2 + 2 * slope * B))
    },
  )
}

/** Options of {@link cosineNoise}. */
export interface CosineNoiseOptions {
  /** s: keeps the noise of the first steps from being too small. Default 0.008; with 0, alpha is cos(πt/2). */
  readonly offset?: number
}

/**
 * The cosine schedule in continuous time (Improved DDPM, Nichol and Dhariwal 2021, equation 17): ᾱ(t) = f(t) / f(0),
 * f(t) = cos²((t + s) / (1 + s) · π/2), without the clipping of β. λ runs from +∞ to -∞.
 * @throws if the offset is negative.
 */
export function cosineNoise(options: CosineNoiseOptions = {}): NoiseSchedule {
  checkOptions('cosineNoise', options, { offset: true })
  const { offset = 0.008 } = options
  if (!(Number.isFinite(offset) && offset >= 0))
    throw new CascadeError('input', `cosineNoise: expected an offset of at least 0, got ${shown(offset)}`)
  const angle = (t: number) => ((t / (1 + offset)) * Math.PI) / 2
  const first = angle(offset)
  return noiseScheduleFromLogSnr(
    // cos b = sin(π/2 - b), and cos² a - cos² b = sin(b - a) sin(b + a): no difference of nearly equal numbers.
    (t) => Math.log(Math.sin(angle(1 - t)) ** 2 / (Math.sin(angle(t)) * Math.sin(angle(t) + 2 * first))),
    (logSnr) => {
      const alphaCumprod = 1 / (1 + Math.exp(-logSnr))
      const sigmaSquared = 1 / (1 + Math.exp(logSnr))
      const sine = Math.sqrt(sigmaSquared + alphaCumprod * Math.sin(first) ** 2)
      const last = Math.atan2(sine, Math.sqrt(alphaCumprod) * Math.cos(first))
      return (last - first) * (2 / Math.PI) * (1 + offset)
    },
  )
}

/** Options of {@link sigmoidNoise}: the part of the sigmoid that is used. */
export interface SigmoidNoiseOptions {
  /** Default -3. */
  readonly start?: number
  /** Default 3. */
  readonly end?: number
  /** The temperature. Default 1; lower keeps the noise small for longer and then lets it grow faster. */
  readonly tau?: number
}

/**
 * The sigmoid schedule in continuous time (Jabri et al. 2023; Chen 2023, algorithm 1): ᾱ(t) = (v(1) - v(t)) / (v(1) - v(0)),
 * v(t) = sigmoid((start + t (end - start)) / tau). λ runs from +∞ to -∞.
 * @throws unless start < end and tau > 0.
 */
export function sigmoidNoise(options: SigmoidNoiseOptions = {}): NoiseSchedule {
  checkOptions('sigmoidNoise', options, { start: true, end: true, tau: true })
  const { start = -3, end = 3, tau = 1 } = options
  const width = (end - start) / tau
  if (!(areNumbers(start, end, tau) && start < end && tau > 0 && width < Infinity))
    throw new CascadeError(
      'input',
      `sigmoidNoise: expected start < end and tau > 0, got ${shown(start)}, ${shown(end)}, ${shown(tau)}`,
    )
  // sigmoid(a) - sigmoid(b) = sinh((a - b) / 2) / (2 cosh(a / 2) cosh(b / 2)): no difference of nearly equal numbers.
  const ratio = Math.cosh(start / tau / 2) / Math.cosh(end / tau / 2)
  return noiseScheduleFromLogSnr(
    (t) => Math.log((ratio * Math.sinh(((1 - t) * width) / 2)) / Math.sinh((t * width) / 2)),
    (logSnr) => Math.log1p((2 * Math.sinh(width / 2)) / (Math.exp(logSnr) / ratio + Math.exp(-width / 2))) / width,
  )
}

/**
 * The schedule whose log-SNR falls at a constant rate: λ(t) = max + t (min - max) (VDM, Kingma et al. 2021, appendix; its
 * γ is -λ).
 * @param range by default VDM's, from 13.3 at t = 0 to -5 at t = 1.
 * @throws unless min < max, both finite.
 */
export function logLinearNoise(range: LogSnrRange = { min: -5, max: 13.3 }): NoiseSchedule {
  checkOptions('logLinearNoise', range, { min: true, max: true })
  const { min, max } = range
  checkLogSnrRange('logLinearNoise', { min, max })
  return noiseScheduleFromLogSnr(
    (t) => (1 - t) * max + t * min,
    (logSnr) => (max - logSnr) / (max - min),
  )
}
