import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import { areNumbers, checkCount } from '../checks.ts'
import { toDiscrete } from '../continuous/discretization.ts'
import { type SigmoidNoiseOptions, sigmoidNoise } from '../continuous/noise-schedules.ts'
import { type DiscreteSchedule, scheduleFromBetas } from './discrete-schedule.ts'
import { exactCos } from './exact-cos.ts'

/** Options of {@link linearSchedule}. */
export interface LinearScheduleOptions {
  /** β of the first step. Default 0.1 / T: 0.0001 with 1000 steps. */
  readonly betaStart?: number
  /** β of the last step. Default 20 / T: 0.02 with 1000 steps. */
  readonly betaEnd?: number
}

/**
 * The linear schedule of DDPM (Ho et al. 2020, section 4): betas evenly spaced. By default scaled so that any number of
 * steps ends at about the same noise as 1000 steps from β = 0.0001 to 0.02 (as Improved DDPM's code does).
 * @param steps T; by default at least 20: with fewer the last β would exceed 1.
 * @throws if the number of steps or a β is out of range.
 */
export function linearSchedule(steps: number, options: LinearScheduleOptions = {}): DiscreteSchedule {
  checkOptions('linearSchedule', options, { betaStart: true, betaEnd: true })
  const { betaStart = (1000 / steps) * 0.0001, betaEnd = (1000 / steps) * 0.02 } = options
  if (options.betaEnd === undefined && !(Number.isInteger(steps) && steps >= 20))
    throw new CascadeError('input', `linearSchedule: expected an integer of at least 20 steps, got ${shown(steps)}`)
  return scheduleFromBetas(evenlySpaced('linearSchedule', steps, betaStart, betaEnd))
}

/** Options of {@link scaledLinearSchedule}: the same for any number of steps. */
export interface ScaledLinearScheduleOptions {
  /** β of the first step. Default 0.00085. */
  readonly betaStart?: number
  /** β of the last step. Default 0.012. */
  readonly betaEnd?: number
}

/**
 * The schedule of latent diffusion, linear in √β (Rombach et al. 2022; "linear" in its code, "scaled_linear" in
 * diffusers). The defaults are Stable Diffusion's, which has 1000 steps.
 * @throws if the number of steps is not a positive integer or a β is out of range.
 */
export function scaledLinearSchedule(steps: number, options: ScaledLinearScheduleOptions = {}): DiscreteSchedule {
  checkOptions('scaledLinearSchedule', options, { betaStart: true, betaEnd: true })
  const { betaStart = 0.00085, betaEnd = 0.012 } = options
  if (!areNumbers(betaStart, betaEnd))
    throw new CascadeError(
      'input',
      `scaledLinearSchedule: expected numbers as betas, got ${shown(betaStart)}, ${shown(betaEnd)}`,
    )
  const roots = evenlySpaced('scaledLinearSchedule', steps, Math.sqrt(betaStart), Math.sqrt(betaEnd))
  return scheduleFromBetas(roots.map((root) => root ** 2))
}

function evenlySpaced(what: string, steps: number, start: number, end: number): Float64Array {
  checkCount(`${what}: steps`, steps)
  if (!areNumbers(start, end))
    throw new CascadeError('input', `${what}: expected numbers as betas, got ${shown(start)}, ${shown(end)}`)
  return Float64Array.from({ length: steps }, (_, t) => (t === 0 ? start : start + (t * (end - start)) / (steps - 1)))
}

/**
 * The cosine schedule of Improved DDPM (Nichol and Dhariwal 2021, equation 17): ᾱ(u) = cos²((u + 0.008) / 1.008 · π/2)
 * for u = t / T, each β at most 0.999.
 * @param steps T, at least 1.
 */
export function cosineSchedule(steps: number): DiscreteSchedule {
  checkCount('cosineSchedule: steps', steps)
  const alphaBar = (u: number) => exactCos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2
  return scheduleFromBetas(
    Float64Array.from({ length: steps }, (_, t) =>
      Math.min(1 - alphaBar((t + 1) / steps) / alphaBar(t / steps), 0.999),
    ),
  )
}

/**
 * The sigmoid schedule (Jabri et al. 2023, "Scalable adaptive computation for iterative generation"; Chen 2023, "On the
 * importance of noise scheduling for diffusion models", algorithm 1): {@link sigmoidNoise} at the end of each of T equal
 * spans of time, each β at most 0.999.
 * @throws if the number of steps is not a positive integer, or as {@link sigmoidNoise}.
 */
export const sigmoidSchedule = (steps: number, options?: SigmoidNoiseOptions): DiscreteSchedule =>
  toDiscrete(sigmoidNoise(options), steps)
