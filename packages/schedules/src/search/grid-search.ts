import { CascadeError, shown } from '@cascade-diffusion/checks'
import {
  checkScheduleSearch,
  type ScheduleCandidate,
  type ScheduleParameters,
  type ScheduleSearchOptions,
} from './schedule-candidate.ts'
import { type SearchResult, searchTrials } from './search.ts'

/** Options of {@link gridSearch}. */
export interface GridSearchOptions<P extends string, S, E = number> extends ScheduleSearchOptions<P, S, E> {
  /** The values to try of each parameter. Every combination is tried, the last parameter varying fastest. */
  readonly grid: Readonly<Record<P, readonly number[]>>
}

/**
 * Tunes the schedule of a trained model by trying every combination of parameters: a first and a last β (SR3, Saharia
 * et al. 2021, section 2.4; the paper's super-resolution models), or each β of a few steps (WaveGrad, Chen et al.
 * 2021). The network must be conditioned on the noise level rather than on the step, unless the schedule is a spacing
 * of the trained one.
 * @throws if a parameter has no values, an objective is not a number, or the search is aborted.
 */
export async function gridSearch<P extends string, S, E = number>(
  options: GridSearchOptions<P, S, E>,
): Promise<SearchResult<ScheduleCandidate<P, S>, E>> {
  checkScheduleSearch('gridSearch', options, { grid: true })
  if (typeof options.grid !== 'object' || options.grid === null)
    throw new CascadeError('input', `gridSearch: expected a grid, values of each parameter, got ${shown(options.grid)}`)
  const combinations = combine(Object.entries(options.grid) as [P, readonly number[]][])
  const { run, result } = searchTrials('gridSearch', options, combinations.length)
  for (const parameters of combinations) await run(() => ({ parameters, schedule: options.schedule(parameters) }))
  return result()
}

function combine<P extends string>(grid: readonly [P, readonly number[]][]): ScheduleParameters<P>[] {
  if (grid.length === 0) throw new CascadeError('input', 'gridSearch: expected at least one parameter, got none')
  return grid.reduce<Partial<Record<P, number>>[]>(
    (combinations, [name, values]) => {
      if (!Array.isArray(values))
        throw new CascadeError('input', `gridSearch: expected a list of values of ${name}, got ${shown(values)}`)
      if (values.length === 0)
        throw new CascadeError('input', `gridSearch: expected at least one value of ${name}, got none`)
      return combinations.flatMap((combination) => values.map((value) => ({ ...combination, [name]: value })))
    },
    [{}],
  ) as ScheduleParameters<P>[]
}
