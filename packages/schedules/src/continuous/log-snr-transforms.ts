import { CascadeError, checkOptions } from '@cascade-diffusion/checks'
import { checkContinuousSchedule, checkCount, checkLogSnrRange } from '../checks.ts'
import { type ContinuousSchedule, scheduleFromLogSnr } from './continuous-schedule.ts'
import type { LogSnrRange } from './log-snr.ts'

/** Two resolutions, as the sides of square images in pixels. */
export interface ResolutionShift {
  /** The resolution that the schedule was made for. 64 in the paper. */
  readonly from: number
  /** The resolution to adapt it to. */
  readonly to: number
}

/**
 * The schedule for another resolution: λ'(t) = λ(t) + 2 ln(from / to) ("Simple diffusion", Hoogeboom et al. 2023). An
 * image of side `to`, averaged down to side `from`, then has the log-SNR of the original schedule.
 * @throws if a resolution is not a positive integer.
 */
export function shiftToResolution(schedule: ContinuousSchedule, shiftBetween: ResolutionShift): ContinuousSchedule {
  checkContinuousSchedule('shiftToResolution', schedule)
  checkOptions('shiftToResolution', shiftBetween, { from: true, to: true })
  const { from, to } = shiftBetween
  checkCount('shiftToResolution: from', from)
  checkCount('shiftToResolution: to', to)
  const shift = 2 * Math.log(from / to)
  return scheduleFromLogSnr(
    (t) => schedule.logSnr(t) + shift,
    // Rounding must not leave the schedule's range at its ends.
    (logSnr) => schedule.timeOf(Math.min(Math.max(logSnr - shift, schedule.logSnr(1)), schedule.logSnr(0))),
  )
}

/**
 * The part of a schedule within a range of log-SNR, with time stretched to [0, 1] again. Likelihoods and samplers in
 * continuous time need a log-SNR that is finite at both ends. "Simple diffusion" takes -15 to 15 (Hoogeboom et al.
 * 2023).
 * @throws unless min < max, both within the schedule's own log-SNR.
 */
export function truncateLogSnr(schedule: ContinuousSchedule, range: LogSnrRange): ContinuousSchedule {
  checkContinuousSchedule('truncateLogSnr', schedule)
  checkOptions('truncateLogSnr', range, { min: true, max: true })
  const { min, max } = range
  checkLogSnrRange('truncateLogSnr', { min, max })
  const [start, end] = [schedule.timeOf(max), schedule.timeOf(min)]
  return scheduleFromLogSnr(
    (t) => (t === 0 ? max : t === 1 ? min : schedule.logSnr((1 - t) * start + t * end)),
    (logSnr) => (schedule.timeOf(logSnr) - start) / (end - start),
  )
}

/** Options of {@link evenLogSnrTimes}. */
export interface EvenLogSnrOptions {
  /** The first time. Default 1. The log-SNR must be finite at both ends. */
  readonly start?: number
  /** The last time. Default 0.001. */
  readonly stop?: number
}

/**
 * n + 1 times from `start` down to `stop`, evenly spaced in log-SNR (DPM-Solver, Lu et al. 2022, "uniform logSNR").
 * @throws if the number of steps is not a positive integer, the times do not decrease, or the log-SNR is infinite at
 * one.
 */
export function evenLogSnrTimes(
  schedule: ContinuousSchedule,
  steps: number,
  options: EvenLogSnrOptions = {},
): Float64Array {
  checkContinuousSchedule('evenLogSnrTimes', schedule)
  checkOptions('evenLogSnrTimes', options, { start: true, stop: true })
  const { start = 1, stop = 0.001 } = options
  checkCount('evenLogSnrTimes: steps', steps)
  const [first, last] = [schedule.logSnr(start), schedule.logSnr(stop)]
  if (!(start > stop))
    throw new CascadeError('input', `evenLogSnrTimes: expected times to decrease, got ${start}, ${stop}`)
  if (!Number.isFinite(last - first))
    throw new CascadeError('input', `evenLogSnrTimes: expected a finite log-SNR at both ends, got ${first}, ${last}`)
  const times = Float64Array.from({ length: steps + 1 }, (_, i) =>
    schedule.timeOf(((steps - i) / steps) * first + (i / steps) * last),
  )
  times[0] = start
  times[steps] = stop
  return times
}
