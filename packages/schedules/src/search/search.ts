import {
  CascadeError,
  checkFunction,
  checkOptions,
  type KnownKeys,
  shown,
  throwIfAborted,
} from '@cascade-diffusion/checks'

/** A candidate that was tried. */
export interface Trial<C, E> {
  readonly candidate: C
  /** What `evaluate` gave. */
  readonly evaluation: E
  /** Lower is better. */
  readonly objective: number
}

/** The progress of a search. */
export interface SearchProgress<C, E> {
  /** The latest trial. */
  readonly trial: Trial<C, E>
  /** The best so far. */
  readonly best: Trial<C, E>
  /** Trials done. */
  readonly done: number
  /** Trials in all, at most. */
  readonly total: number
}

/**
 * The options of every search, apart from the candidates, which each search names in its own way. C is a candidate. E
 * is its evaluation: the figures of samples, or just a number.
 */
export interface SearchOptions<C, E> {
  /** Evaluates one candidate. */
  evaluate(candidate: C, options: { readonly signal?: AbortSignal }): E | Promise<E>
  /**
   * The number to minimise, for instance the FID among several figures. ∞ marks a failure. Default: the evaluation
   * itself.
   */
  objective?(evaluation: E): number
  /** Called after each trial. */
  progress?(progress: SearchProgress<C, E>): void
  /** Ends the search before the next trial, with an error of code `interrupted`. It is passed to `evaluate` too. */
  readonly signal?: AbortSignal
}

/** What a search found. */
export interface SearchResult<C, E> {
  /** The trial with the least objective; the first of equals. */
  readonly best: Trial<C, E>
  /** All trials, in order. */
  readonly trials: readonly Trial<C, E>[]
}

/** The names of {@link SearchOptions}. */
export const searchKeys: KnownKeys<SearchOptions<unknown, unknown>> = {
  evaluate: true,
  objective: true,
  progress: true,
  signal: true,
}

/**
 * Checks the options of every search.
 * @param own the names of the options of this search alone.
 * @throws if an option is unknown or of the wrong type, or `evaluate` is missing.
 */
export function checkSearch(where: string, options: object, own: Readonly<Record<string, true>>): void {
  checkOptions(where, options, { ...searchKeys, ...own } as KnownKeys<object>)
  const { evaluate, objective, progress } = options as Readonly<Record<string, unknown>>
  checkFunction(where, 'evaluate', evaluate, 'of a candidate')
  if (objective !== undefined) checkFunction(where, 'objective', objective, 'of an evaluation, lower is better')
  if (progress !== undefined) checkFunction(where, 'progress', progress)
}

/** Runs the trials of a search one after another, and stores them. */
export interface Trials<C, E> {
  /**
   * Tries the candidate that `make` gives. @returns its objective. @throws if that is not a number, or the signal
   * aborts.
   */
  run(make: () => C | Promise<C>): Promise<number>
  /** The result so far. @throws if there was no trial. */
  result(): SearchResult<C, E>
}

/**
 * The trials of a search.
 * @param where the name of the search in errors.
 * @param total the number of trials, at most.
 */
export function searchTrials<C, E>(where: string, options: SearchOptions<C, E>, total: number): Trials<C, E> {
  const { evaluate, objective = (evaluation: E) => evaluation as number, progress, signal } = options
  const trials: Trial<C, E>[] = []
  let best: Trial<C, E> | undefined
  return {
    async run(make) {
      throwIfAborted(signal, where)
      const candidate = await make()
      const evaluation = await evaluate(candidate, { signal })
      const value = objective(evaluation)
      if (typeof value !== 'number' || Number.isNaN(value))
        throw new CascadeError(
          'input',
          `${where}: expected ${options.objective ? 'an objective' : 'an evaluation'} that is a number` +
            `${options.objective ? '' : ', or an objective that makes one of it'}, ` +
            `got ${shown(value)} in trial ${trials.length + 1}`,
        )
      const trial = { candidate, evaluation, objective: value }
      trials.push(trial)
      if (!best || value < best.objective) best = trial
      progress?.({ trial, best, done: trials.length, total })
      return value
    },
    result() {
      if (!best) throw new CascadeError('input', `${where}: expected at least one candidate, got none`)
      return { best, trials }
    },
  }
}
