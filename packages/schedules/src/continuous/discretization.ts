import { CascadeError, checkNumber, checkOptions } from '@cascade-diffusion/checks'
import { checkContinuousSchedule, checkCount, checkSchedule } from '../checks.ts'
import { type DiscreteSchedule, scheduleFromBetas } from '../discrete/discrete-schedule.ts'
import { type ContinuousSchedule, scheduleFromLogSnr } from './continuous-schedule.ts'
import { logSnrs } from './log-snr.ts'

/** Options of {@link toDiscrete}. */
export interface ToDiscreteOptions {
  /** The greatest β. Default 0.999, as in Improved DDPM; 1 lets a process end in pure noise. */
  readonly maxBeta?: number
}

/**
 * The discrete process whose step t has the noise level of time (t + 1) / T: β_t = -sigma² (e^(λ_t - λ_{t-1}) - 1),
 * which is 1 - ᾱ_t / ᾱ_{t-1} without cancellation (VDM, Kingma et al. 2021, appendix), with λ_{-1} = ∞.
 * @param steps T, at least 1.
 * @throws if the number of steps is not a positive integer, or the noise does not increase.
 */
export function toDiscrete(
  schedule: ContinuousSchedule,
  steps: number,
  options: ToDiscreteOptions = {},
): DiscreteSchedule {
  checkContinuousSchedule('toDiscrete', schedule)
  checkOptions('toDiscrete', options, { maxBeta: true })
  const { maxBeta = 0.999 } = options
  checkNumber('toDiscrete', 'maxBeta', maxBeta, { from: 0, to: 1 })
  checkCount('toDiscrete: steps', steps)
  let previous = Number.POSITIVE_INFINITY
  return scheduleFromBetas(
    Float64Array.from({ length: steps }, (_, i) => {
      const t = (i + 1) / steps
      const logSnr = schedule.logSnr(t)
      const beta = -(schedule.sigma(t) ** 2) * Math.expm1(logSnr - previous)
      previous = logSnr
      return Math.min(beta, maxBeta)
    }),
  )
}

/**
 * A discrete process in continuous time, the inverse of {@link toDiscrete}: step t is at time (t + 1) / T, and the
 * log-SNR is interpolated linearly between steps. Where the log-SNR is infinite at one end, a ratio is interpolated
 * instead: sigma / alpha between the data at time 0 and the first step, and alpha / sigma before a last step of pure
 * noise.
 * @throws if the first step is pure noise.
 */
export function toContinuous(schedule: DiscreteSchedule): ContinuousSchedule {
  checkSchedule('toContinuous', schedule)
  const levels = logSnrs(schedule)
  const T = levels.length
  if (levels[0] === -Infinity)
    throw new CascadeError('input', 'toContinuous: expected some of the data in the first step, got pure noise')
  return scheduleFromLogSnr(
    (t) => {
      const i = Math.min(Math.floor(t * T), T - 1)
      const part = t * T - i
      const [from, to] = [levels[i - 1] ?? Infinity, levels[i]!]
      if (from === Infinity) return to - 2 * Math.log(part)
      if (to === -Infinity) return from + 2 * Math.log(1 - part)
      return (1 - part) * from + part * to
    },
    (logSnr) => {
      const i = firstAtMost(levels, logSnr)
      const [from, to] = [levels[i - 1] ?? Infinity, levels[i]!]
      if (from === Infinity) return Math.exp((to - logSnr) / 2) / T
      if (to === -Infinity) return (i + 1 - Math.exp((logSnr - from) / 2)) / T
      return (i + (from - logSnr) / (from - to)) / T
    },
  )
}

/** The first index of a decreasing list, whose last entry is at most `value`, with an entry at most `value`. */
function firstAtMost(list: Float64Array, value: number): number {
  let [low, high] = [0, list.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]! <= value) high = middle
    else low = middle + 1
  }
  return low
}
