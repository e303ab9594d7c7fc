import { CascadeError, checkOneOf, checkOptions, shown } from '@cascade-diffusion/checks'
import { checkCount, checkPositiveRange } from '../checks.ts'
import { nelderMead } from './nelder-mead.ts'
import {
  checkScheduleSearch,
  type ScheduleCandidate,
  type ScheduleParameters,
  type ScheduleSearchOptions,
} from './schedule-candidate.ts'
import { type SearchResult, searchTrials } from './search.ts'

/** The range of a parameter. */
export interface ParameterRange {
  readonly low: number
  readonly high: number
  /** Whether the search steps in the parameter or in its logarithm; `log` needs a positive range. Default `linear`. */
  readonly scale?: 'linear' | 'log'
}

/** Options of {@link fitSchedule}. */
export interface FitScheduleOptions<P extends string, S, E = number> extends ScheduleSearchOptions<P, S, E> {
  /** The range of each parameter. The first trial is the middle of all ranges. */
  readonly ranges: Readonly<Record<P, ParameterRange>>
  /** The number of trials, at most. Default 50. */
  readonly trials?: number
  /** The search ends when the schedules of the simplex differ by less than this share of each range. Default 0.01. */
  readonly tolerance?: number
}

/**
 * Tunes the schedule of a trained model: minimises an objective over a few parameters without gradients (the simplex
 * method of Nelder and Mead). It needs far fewer trials than {@link gridSearch}, and finds values between those of a
 * grid. An evaluation by samples should use the same noise in every trial.
 * @throws if a range is empty, an objective is not a number, or the search is aborted.
 */
export async function fitSchedule<P extends string, S, E = number>(
  options: FitScheduleOptions<P, S, E>,
): Promise<SearchResult<ScheduleCandidate<P, S>, E>> {
  checkScheduleSearch('fitSchedule', options, { ranges: true, trials: true, tolerance: true })
  if (typeof options.ranges !== 'object' || options.ranges === null)
    throw new CascadeError(
      'input',
      `fitSchedule: expected ranges, { low, high } of each parameter, got ${shown(options.ranges)}`,
    )
  const { ranges, trials = 50, tolerance = 0.01 } = options
  checkCount('fitSchedule: trials', trials)
  const axes = Object.entries(ranges).map(([name, range]) => ({ name, at: placeIn(name, range as ParameterRange) }))
  if (axes.length === 0) throw new CascadeError('input', 'fitSchedule: expected at least one parameter, got none')
  const { run, result } = searchTrials('fitSchedule', options, trials)
  const tried = (point: readonly number[]) => {
    const parameters = Object.fromEntries(axes.map(({ name, at }, j) => [name, at(point[j]!)])) as ScheduleParameters<P>
    return run(() => ({ parameters, schedule: options.schedule(parameters) }))
  }
  await nelderMead(tried, axes.length, { evaluations: trials, tolerance })
  return result()
}

/** Maps [0, 1] to the range of a parameter. */
function placeIn(name: string, range: ParameterRange): (place: number) => number {
  checkOptions(`fitSchedule: range of ${name}`, range, { low: true, high: true, scale: true })
  const { low, high, scale = 'linear' } = range
  checkOneOf(`fitSchedule: range of ${name}`, 'a scale', scale, ['linear', 'log'])
  if (scale === 'log') {
    checkPositiveRange(`fitSchedule: range of ${name}`, low, high)
    return (place) => low ** (1 - place) * high ** place
  }
  if (!(low < high && Number.isFinite(high - low)))
    throw new CascadeError('input', `fitSchedule: range of ${name}: expected low < high, got ${low}, ${high}`)
  return (place) => (1 - place) * low + place * high
}
