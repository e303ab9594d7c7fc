import { CascadeError, shown } from '@cascade-diffusion/checks'
import { type DiffusionProcess, isDiscrete, lastStep, type Schedule } from '../process/process.ts'
import type { RunOptions } from './sample-options.ts'
import type { Sampler } from './samplers/sampler.ts'
import { stepsDown } from './steps.ts'

/** The options of a run that say which steps it takes: see {@link RunOptions}. */
export type Route = Pick<RunOptions, 'steps' | 'stop' | 'initialStep' | 'restarts'>

/**
 * The steps of a run, and the step that the last one leads to.
 * @throws if they are out of order or not in the process.
 */
export function checkedPath(
  { schedule }: DiffusionProcess<Schedule>,
  { name, upwards = false }: Sampler,
  { steps, stop: givenStop, initialStep }: Route,
): number[] {
  const discrete = isDiscrete(schedule)
  const last = lastStep(schedule)
  const check = (what: string, t: number, data: boolean) => {
    if (!(typeof t === 'number' && ((t >= 0 && t <= last) || (data && t === -1))))
      throw new CascadeError(
        'input',
        `sample: expected ${what} from 0 to ${last}${data ? ', or -1 for the data' : ''}, got ${shown(t)}`,
      )
  }
  const stop = givenStop ?? (upwards ? last : -1)
  check('stops', stop, !upwards)
  if (!steps && !discrete)
    throw new CascadeError(
      'input',
      'sample: expected steps, since a process in continuous time has no default; got none',
    )
  if (steps !== undefined && !Array.isArray(steps) && !ArrayBuffer.isView(steps))
    throw new CascadeError(
      'input',
      `sample: expected steps, a list of them (spacedSteps(process, 10) makes one), got ${shown(steps)}`,
    )
  const all = steps ?? (upwards ? stepsDown(stop - 1).reverse() : stepsDown(last, Math.floor(stop) + 1))
  if (all.length === 0) throw new CascadeError('input', 'sample: expected at least one timestep, got none')
  const path = [...all, stop]
  for (const [i, t] of path.entries()) {
    if (i < all.length) check('timesteps', t, false)
    const before = path[i - 1]
    if (before !== undefined && (upwards ? t <= before : t >= before))
      throw new CascadeError(
        'input',
        `sample: expected timesteps to ${upwards ? 'increase' : 'decrease'}, got ${before}, ${t}`,
      )
  }
  if (initialStep !== undefined) {
    check('initialStep', initialStep, true)
    if (upwards ? initialStep !== path[0] : initialStep > path[0]!)
      throw new CascadeError(
        'input',
        `sample: expected an initialStep ${upwards ? 'that is' : 'of at most'} the first step ${path[0]} of ${name}, got ${initialStep}`,
      )
  }
  return path
}
