import { CascadeError, checkInteger, checkOptions, shown } from '@cascade-diffusion/checks'
import {
  type DiffusionProcess,
  isDiscrete,
  type Schedule,
  type SpacedStepsOptions,
  spacedSteps,
} from '@cascade-diffusion/diffusion'

/** The number of steps and their spacing, as in `spacedSteps` of `diffusion`: a JSON value. */
export interface StepsConfig extends SpacedStepsOptions {
  readonly count: number
}

/**
 * The steps at which the network is evaluated: a given list; a number of steps, evenly spaced from the last step of the
 * process to the first; or those of a configuration.
 * @throws if a bare number is given in continuous time, or the process has fewer steps.
 */
export function sampledSteps(
  where: string,
  process: DiffusionProcess<Schedule>,
  steps: number | readonly number[] | StepsConfig | undefined,
): readonly number[] | undefined {
  if (steps === undefined) return undefined
  if (typeof steps === 'number') {
    const { schedule } = process
    if (!isDiscrete(schedule))
      throw new CascadeError(
        'input',
        `${where}: expected steps in continuous time as { count, from, to } or a list of times, got ${steps}`,
      )
    return spacedSteps(process, checkInteger(where, 'steps', steps, { from: 1, to: schedule.betas.length }))
  }
  if (isList(steps)) return Array.from(steps)
  if (typeof steps !== 'object' || steps === null)
    throw new CascadeError('input', `${where}: expected steps, a number, a list or { count }, got ${shown(steps)}`)
  const known = { count: true, by: true, rho: true, from: true, to: true, whole: true } as const
  checkOptions(`${where}: steps`, steps, known)
  const { count, ...options } = steps
  return spacedSteps(process, checkInteger(`${where}: steps`, 'count', count, { from: 1 }), options)
}

const isList = (steps: unknown): steps is readonly number[] => Array.isArray(steps) || ArrayBuffer.isView(steps)
