import { float32, type NDArray } from '@cascade-diffusion/arrays'
import { noiseInput, noiseLevel } from '../noise-level.ts'
import type { DiffusionProcess } from '../process.ts'
import type { Sampler } from './sampler.ts'

/** The steps from `from` down to `to`, both included: `stepsDown(3)` is [3, 2, 1, 0]. */
export const stepsDown = (from: number, to = 0): number[] => Array.from({ length: from - to + 1 }, (_, i) => from - i)

/** One step of a sampling run: from x_t to x_next. */
export interface PlannedStep {
  readonly t: number
  readonly next: number
  /** Noise input, alpha, sigma, then the sampler's coefficients: float32, rounded once from float64. */
  readonly numbers: NDArray<'float32'>
}

/**
 * Computes all that the steps of a run need, before the first.
 * @param steps where the network is evaluated, decreasing; by default every step down to the one above `stop`.
 * @param stop where the last step leads, -1 for the data.
 * @throws if the steps do not decrease, leave the process, or cannot be taken.
 */
export function planSteps(
  process: DiffusionProcess,
  sampler: Sampler,
  { steps, stop }: { readonly steps: readonly number[] | undefined; readonly stop: number },
): PlannedStep[] {
  const path = checkedPath(process.schedule.betas.length, steps, stop)
  return path.slice(0, -1).map((t, i) => {
    const next = path[i + 1]!
    const transition = { now: noiseLevel(process.schedule, t), next: noiseLevel(process.schedule, next) }
    const { alpha, sigma } = transition.now
    if (alpha === 0) throw new Error(`sample: nothing of the data is left at timestep ${t} to predict from the noise`)
    const c = Object.values(sampler.coefficients(transition, process))
    return { t, next, numbers: float32([noiseInput(process, t), alpha, sigma, ...c]) }
  })
}

/** The steps and the stop, checked. */
function checkedPath(T: number, steps: readonly number[] | undefined, stop: number): number[] {
  const check = (what: string, t: number, lowest: number) => {
    if (!(Number.isInteger(t) && t >= lowest && t < T))
      throw new Error(`sample: ${what} must be integers from ${lowest} to ${T - 1}, got ${t}`)
  }
  check('stops', stop, -1)
  const path = [...(steps ?? stepsDown(T - 1, stop + 1)), stop]
  if (path.length === 1) throw new Error('sample: expected at least one timestep, got none')
  for (const [i, t] of path.entries()) {
    if (i < path.length - 1) check('timesteps', t, 0)
    if (i > 0 && t >= path[i - 1]!) throw new Error(`sample: timesteps must decrease, got ${path[i - 1]}, ${t}`)
  }
  return path
}

/** The names of the sampler's coefficients, in the order in which steps carry them. */
export function coefficientNames(sampler: Sampler, process: DiffusionProcess): string[] {
  const transition = { now: noiseLevel(process.schedule, 0), next: noiseLevel(process.schedule, -1) }
  return Object.keys(sampler.coefficients(transition, process))
}
