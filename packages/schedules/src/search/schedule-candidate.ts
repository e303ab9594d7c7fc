import { checkFunction } from '@cascade-diffusion/checks'
import { checkSearch, type SearchOptions } from './search.ts'

/** The parameters of a schedule, by name: for instance the first and the last β. */
export type ScheduleParameters<P extends string> = Readonly<Record<P, number>>

/** A schedule to try, with its parameters. */
export interface ScheduleCandidate<P extends string, S> {
  readonly parameters: ScheduleParameters<P>
  readonly schedule: S
}

/**
 * The options of every search over schedules. S is what `evaluate` needs: a `DiscreteSchedule` of few steps for a
 * network conditioned on the noise level, the `Spacing` of a process, the sigmas of EDM.
 */
export interface ScheduleSearchOptions<P extends string, S, E> extends SearchOptions<ScheduleCandidate<P, S>, E> {
  /** The schedule of given parameters. */
  schedule(parameters: ScheduleParameters<P>): S
}

/** @throws as {@link checkSearch}, and if there is no way to make a schedule. */
export function checkScheduleSearch(where: string, options: object, own: Readonly<Record<string, true>>): void {
  checkSearch(where, options, { ...own, schedule: true })
  checkFunction(where, 'schedule', (options as { schedule?: unknown }).schedule, 'of parameters')
}
