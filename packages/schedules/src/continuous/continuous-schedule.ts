import { CascadeError, checkFunction, shown } from '@cascade-diffusion/checks'
import { alphaOfLogSnr, sigmaOfLogSnr } from './log-snr.ts'

/**
 * A variance-preserving diffusion process in continuous time, from t = 0 (the least noise) to t = 1 (the most): x_t =
 * alpha(t) x0 + sigma(t) ε with alpha² + sigma² = 1 (VDM, Kingma et al. 2021, section 3.1). Its functions throw on a
 * time outside [0, 1].
 */
export interface ContinuousSchedule {
  /** The factor of the data. */
  alpha(t: number): number
  /** The factor of the noise. */
  sigma(t: number): number
  /** λ(t) = ln(alpha² / sigma²), strictly decreasing; it may be +∞ at t = 0 and -∞ at t = 1. */
  logSnr(t: number): number
  /** The time of a log-SNR: the inverse of `logSnr`. Throws on a log-SNR outside the range of the process. */
  timeOf(logSnr: number): number
}

/**
 * The process of any strictly decreasing log-SNR.
 * @param logSnr the log-SNR at a time in [0, 1].
 * @param timeOf its inverse. Default: found by bisection.
 */
export function scheduleFromLogSnr(
  logSnr: (t: number) => number,
  timeOf: (logSnr: number) => number = (value) => bisect(logSnr, value),
): ContinuousSchedule {
  checkFunction('scheduleFromLogSnr', 'logSnr', logSnr, 'of times in [0, 1]')
  checkFunction('scheduleFromLogSnr', 'timeOf', timeOf, 'the inverse of logSnr')
  const checked = (t: number) => {
    if (!(typeof t === 'number' && t >= 0 && t <= 1))
      throw new CascadeError('input', `noise schedule: expected a time from 0 to 1, got ${shown(t)}`)
    return logSnr(t)
  }
  return {
    alpha: (t) => alphaOfLogSnr(checked(t)),
    sigma: (t) => sigmaOfLogSnr(checked(t)),
    logSnr: checked,
    timeOf(value) {
      const [low, high] = [logSnr(1), logSnr(0)]
      if (!(typeof value === 'number' && value >= low && value <= high))
        throw new CascadeError(
          'input',
          `noise schedule: expected a log-SNR from ${low} to ${high}, got ${shown(value)}`,
        )
      return Math.min(Math.max(timeOf(value), 0), 1)
    },
  }
}

/** The time at which a decreasing log-SNR has a value, to the last bits. */
function bisect(logSnr: (t: number) => number, value: number): number {
  let [low, high] = [0, 1]
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return logSnr(low) === value ? low : high
    if (logSnr(middle) > value) low = middle
    else high = middle
  }
}
