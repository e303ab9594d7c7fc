import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import { checkRecord } from '../checks.ts'
import type { Level, Path } from './level.ts'
import type { Sampler } from './samplers/sampler.ts'

/** A return to a noisier step: noise is added to the images that a run has reached. */
export interface Restart {
  /**
   * The step at which the run goes back: one of its steps, or the one where it stops; -1 for the data, which may be
   * below the stop.
   */
  readonly at: number
  /** The step that the forward process takes the images to: one of the run's steps. */
  readonly to: number
  /** How many times. Default 1. */
  readonly times?: number
}

/** Options of {@link repaintRestarts}. */
export interface RepaintOptions {
  /** j: how many steps the run goes back. Default 10. */
  readonly jump?: number
  /** r: how many times each step is taken. Default 10. */
  readonly times?: number
}

/**
 * The resampling of RePaint (Lugmayr et al. 2022, section 4.2 and appendix B.2): after every `jump` steps the run goes
 * back by `jump` steps, until each step was taken `times` times.
 * @param steps the steps of the run, decreasing.
 * @throws if a number is not a positive integer.
 */
export function repaintRestarts(steps: readonly number[], options: RepaintOptions = {}): Restart[] {
  if (!Array.isArray(steps))
    throw new CascadeError('input', `repaintRestarts: expected the steps of a run, got ${shown(steps)}`)
  checkOptions('repaintRestarts', options, { jump: true, times: true })
  const { jump = 10, times = 10 } = options
  for (const [name, value] of Object.entries({ jump, times }))
    if (!(Number.isInteger(value) && value > 0))
      throw new CascadeError(
        'input',
        `repaintRestarts: expected a ${name} that is an integer of at least 1, got ${shown(value)}`,
      )
  if (times === 1) return []
  return steps.flatMap((to, i) => {
    const at = i % jump === 0 ? (steps[i + jump] ?? (i + jump === steps.length ? -1 : undefined)) : undefined
    return at === undefined ? [] : [{ at, to, times: times - 1 }]
  })
}

/** @throws unless every restart goes from a step of the run to a noisier one, from which the run can stop. */
export function checkedRestarts(
  { stopped, whole }: Path,
  { name, upwards }: Sampler,
  restarts: readonly Restart[],
): { readonly at: Level; readonly to: number; left: number }[] {
  if (upwards && restarts.length > 0)
    throw new CascadeError('input', `sample: expected no restarts of ${name}, which goes upwards`)
  if (!Array.isArray(restarts))
    throw new CascadeError('input', `sample: expected restarts, a list of { at, to }, got ${shown(restarts)}`)
  return restarts.map((restart) => {
    checkRecord('sample', 'a restart', restart, ['at', 'to'])
    checkOptions('sample: restarts', restart, { at: true, to: true, times: true })
    const { at, to, times = 1 } = restart as Restart
    const [from, target] = [at, to].map((step) => [...stopped, ...whole].find(({ t }) => t === step))
    if (!(from && target && at < to))
      throw new CascadeError(
        'input',
        `sample: expected restarts from a step of the run up to another, got ${at} to ${to}`,
      )
    if (!stopped.slice(0, -1).includes(target))
      throw new CascadeError(
        'input',
        `sample: expected restarts to a step above the stop at ${stopped.at(-1)!.t}, got ${at} to ${to}`,
      )
    if (!(Number.isInteger(times) && times >= 0))
      throw new CascadeError('input', `sample: expected a number of times to restart from ${at}, got ${shown(times)}`)
    return { at: from, to, left: times }
  })
}
