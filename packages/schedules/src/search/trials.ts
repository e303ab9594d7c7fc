import { CascadeError, checkFunction, checkOptions, type KnownKeys } from '@cascade-diffusion/checks'

/** Numbers by name, which a schedule is made of: first and last β, say. */
export type ScheduleParameters<P extends string> = Readonly<Record<P, number>>

/** A schedule that was tried. */
export interface Trial<P extends string, S> {
  readonly parameters: ScheduleParameters<P>
  readonly schedule: S
  /** Lower is better. */
  readonly score: number
}

/** How far a search has come. */
export interface SearchProgress<P extends string, S> {
  /** The latest trial. */
  readonly trial: Trial<P, S>
  /** The best so far. */
  readonly best: Trial<P, S>
  /** How many have been made. */
  readonly done: number
  /** How many there will be, at most. */
  readonly total: number
}

/**
 * What every search over schedules is given. S is whatever the score takes: a `DiscreteSchedule` of few steps for a network
 * told the noise level, the `Spacing` of a process, the sigmas of EDM.
 */
export interface SearchOptions<P extends string, S> {
  /** The schedule of given parameters. */
  schedule(parameters: ScheduleParameters<P>): S
  /** How good a schedule is, lower is better: the FID of samples drawn with it, say. ∞ for a failure; NaN is an error. */
  score(schedule: S, options: { readonly signal?: AbortSignal }): number | Promise<number>
  /** Called after each trial. */
  onProgress?(progress: SearchProgress<P, S>): void
  /** Ends the search with the signal's reason before the next trial. It is handed to `score` too. */
  readonly signal?: AbortSignal
}

/** What a search found. */
export interface SearchResult<P extends string, S> {
  readonly best: Trial<P, S>
  /** All trials, in the order in which they were made. */
  readonly trials: readonly Trial<P, S>[]
}

const common = { schedule: true, score: true, onProgress: true, signal: true } as const

/** Throws on options that are unknown, or without a way to make and to judge a schedule. `own` are those of one search. */
export function checkSearch(where: string, options: object, own: Readonly<Record<string, true>>): void {
  checkOptions(where, options, { ...common, ...own } as KnownKeys<object>)
  const { schedule, score } = options as Readonly<Record<string, unknown>>
  checkFunction(where, 'schedule', schedule, 'of parameters')
  checkFunction(where, 'score', score, 'of a schedule, lower is better')
}

/** Makes the trials of a search one after another and keeps them. */
export function trialRunner<P extends string, S>(options: SearchOptions<P, S>, total: number) {
  const { schedule: scheduleOf, score: scoreOf, onProgress, signal } = options
  const trials: Trial<P, S>[] = []
  let best: Trial<P, S> | undefined
  return {
    /** Tries the schedule of the parameters; gives its score. */
    async run(parameters: ScheduleParameters<P>): Promise<number> {
      signal?.throwIfAborted()
      const schedule = scheduleOf(parameters)
      const score = await scoreOf(schedule, { signal })
      if (typeof score !== 'number' || Number.isNaN(score))
        throw new CascadeError(
          'input',
          `schedule search: expected a number as score, got ${score} for ${JSON.stringify(parameters)}`,
        )
      const trial = { parameters, schedule, score }
      trials.push(trial)
      if (!best || score < best.score) best = trial
      onProgress?.({ trial, best, done: trials.length, total })
      return score
    },
    result: (): SearchResult<P, S> => ({ best: best!, trials }),
  }
}
