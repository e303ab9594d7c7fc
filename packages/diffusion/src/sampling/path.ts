import { CascadeError, shown } from '@cascade-diffusion/checks'
import type { NoiseLevel } from '../process/noise-level.ts'
import { isDiscrete, type Schedule } from '../process/process.ts'
import type { Levels, Path } from './level.ts'
import type { RunOptions } from './sample-options.ts'
import type { Sampler } from './samplers/sampler.ts'
import { stepsDown } from './steps.ts'

/** The options of a run that say which steps it takes: see {@link RunOptions}. */
export type Route = Pick<RunOptions, 'steps' | 'stop' | 'initialStep' | 'restarts'>

/**
 * The levels of a run.
 * @throws if the steps are out of order or not in the process, or none is above the stop.
 */
export function checkedPath(
  schedule: Schedule,
  scale: Levels,
  { name, upwards = false }: Sampler,
  { steps, stop: givenStop, initialStep }: Route,
): Path {
  const { last } = scale
  const check = (what: string, t: unknown, data: boolean) => {
    if (!(typeof t === 'number' && ((t >= 0 && t <= last) || (data && t === -1))))
      throw new CascadeError(
        'input',
        `sample: expected ${what} from 0 to ${last}${data ? ', or -1 for the data' : ''}, got ${shown(t)}`,
      )
    return scale.at(t)
  }
  const end = upwards ? last : -1
  const stop = isLevel(givenStop) ? scale.locate(checkedLevel(givenStop)) : check('stops', givenStop ?? end, !upwards)
  if (!steps && !isDiscrete(schedule))
    throw new CascadeError(
      'input',
      'sample: expected steps, since a process in continuous time has no default; got none',
    )
  if (steps !== undefined && !Array.isArray(steps) && !ArrayBuffer.isView(steps))
    throw new CascadeError(
      'input',
      `sample: expected steps, a list of them (spacedSteps(process, 10) makes one), got ${shown(steps)}`,
    )
  const all = Array.from(steps ?? (upwards ? stepsDown(last - 1).reverse() : stepsDown(last)))
  if (all.length === 0) throw new CascadeError('input', 'sample: expected at least one timestep, got none')
  const visited = all.map((t, i) => {
    const level = check('timesteps', t, false)
    const before = all[i - 1]
    if (before !== undefined && (upwards ? t <= before : t >= before))
      throw new CascadeError(
        'input',
        `sample: expected timesteps to ${upwards ? 'increase' : 'decrease'}, got ${before}, ${t}`,
      )
    return level
  })
  if (initialStep !== undefined) {
    check('initialStep', initialStep, true)
    const [first] = all as [number]
    if (upwards ? initialStep !== first : initialStep > first)
      throw new CascadeError(
        'input',
        `sample: expected an initialStep ${upwards ? 'that is' : 'of at most'} the first step ${first} of ${name}, got ${initialStep}`,
      )
  }
  const taken = visited.filter(({ t }) => (upwards ? t < stop.t : t > stop.t))
  if (taken.length === 0)
    throw new CascadeError(
      'input',
      `sample: expected a step ${upwards ? 'below' : 'above'} the stop at ${stop.t} (alpha ${stop.alpha}), got steps from ${all[0]} to ${all.at(-1)}`,
    )
  const stopped = [...taken, stop]
  return { stopped, whole: upwards || stop.t === end ? stopped : [...visited, scale.at(-1)] }
}

const isLevel = (stop: number | NoiseLevel | undefined): stop is NoiseLevel => typeof stop === 'object' && stop !== null

/** @throws unless it is a noise level of a variance-preserving process. */
function checkedLevel(level: NoiseLevel): NoiseLevel {
  const { alpha, sigma } = level as Partial<NoiseLevel>
  const fits = typeof alpha === 'number' && typeof sigma === 'number' && alpha >= 0 && sigma >= 0
  if (!(fits && Math.abs(alpha ** 2 + sigma ** 2 - 1) < 1e-6))
    throw new CascadeError(
      'input',
      `sample: expected a stop, a step or { alpha, sigma } with alpha² + sigma² = 1, got alpha ${shown(alpha)} and sigma ${shown(sigma)}`,
    )
  return { alpha, sigma }
}
