import { CascadeError, shown } from '@cascade-diffusion/checks'
import { checkScheduleSearch, type ScheduleCandidate, type ScheduleSearchOptions } from './schedule-candidate.ts'
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
  const tried = combinations('gridSearch', options.grid)
  const { run, result } = searchTrials('gridSearch', options, tried.length)
  for (const parameters of tried) await run(() => ({ parameters, schedule: options.schedule(parameters) }))
  return result()
}

/**
 * Every combination of the values of a grid, the last name varying fastest.
 * @throws if it has no name, or a name no values.
 */
export function combinations<P extends string, V>(
  where: string,
  grid: Readonly<Record<P, readonly V[]>>,
): Readonly<Record<P, V>>[] {
  if (typeof grid !== 'object' || grid === null)
    throw new CascadeError('input', `${where}: expected a grid, values of each parameter, got ${shown(grid)}`)
  const entries = Object.entries(grid) as [P, readonly V[]][]
  if (entries.length === 0) throw new CascadeError('input', `${where}: expected at least one parameter, got none`)
  return entries.reduce<Partial<Record<P, V>>[]>(
    (combined, [name, values]) => {
      if (!Array.isArray(values))
        throw new CascadeError('input', `${where}: expected a list of values of ${name}, got ${shown(values)}`)
      if (values.length === 0)
        throw new CascadeError('input', `${where}: expected at least one value of ${name}, got none`)
      return combined.flatMap((combination) => values.map((value) => ({ ...combination, [name]: value })))
    },
    [{}],
  ) as Readonly<Record<P, V>>[]
}
