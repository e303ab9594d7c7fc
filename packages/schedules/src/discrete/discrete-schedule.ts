import { CascadeError } from '@cascade-diffusion/checks'
import { checkList } from '../checks.ts'

/**
 * A discrete diffusion process of T steps in float64: entry t of each list belongs to x_t, t = 0 … T-1.
 * With α_t = 1 - β_t and ᾱ_t = α_0 … α_t, x_t = √ᾱ_t x0 + √(1 - ᾱ_t) ε. (DDPM, Ho et al. 2020, equations 4 to 7.)
 */
export interface DiscreteSchedule {
  /** β_t, in (0, 1]. */
  readonly betas: Float64Array
  /** ᾱ_t. */
  readonly alphasCumprod: Float64Array
  /** ᾱ_{t-1}; 1 at t = 0. */
  readonly alphasCumprodPrev: Float64Array
  /** The variance β̃_t of q(x_{t-1} | x_t, x0); 0 at t = 0. */
  readonly posteriorVariance: Float64Array
  /** ln β̃_t; at t = 0, where the variance is 0, the entry of t = 1. (With a single step: ln β_0.) */
  readonly posteriorLogVarianceClipped: Float64Array
  /** The factor of x0 in the mean of q(x_{t-1} | x_t, x0). */
  readonly posteriorMeanCoef1: Float64Array
  /** The factor of x_t in the mean of q(x_{t-1} | x_t, x0). */
  readonly posteriorMeanCoef2: Float64Array
  /** The step of the unspaced process, which the network is conditioned on. 0 … T-1 unless respaced. */
  readonly timesteps: Int32Array
  /**
   * The number of steps of the unspaced process: 1000 / unspacedSteps rescales `timesteps` to a process of 1000 steps.
   */
  readonly unspacedSteps: number
}

/** Where the steps of a respaced process lie in the unspaced one. */
export interface SpacedSteps {
  /** The unspaced step of each step, increasing, from 0 to `unspacedSteps` - 1. */
  readonly timesteps: ArrayLike<number>
  /** The number of steps of the unspaced process. */
  readonly unspacedSteps: number
}

/**
 * The schedule of given betas, each in (0, 1]; a last β of 1 ends in pure noise. Posterior: DDPM, equation 7.
 * @param spaced for the schedule of a respaced process.
 * @throws if a beta is out of range, the timesteps do not increase, or there is not one timestep for each beta.
 */
export function scheduleFromBetas(betas: ArrayLike<number>, spaced?: SpacedSteps): DiscreteSchedule {
  checkList('schedule', 'betas', betas)
  const beta = Float64Array.from(betas)
  const T = beta.length
  if (T === 0) throw new CascadeError('input', 'schedule: expected at least one beta, got none')
  beta.forEach((b, t) => {
    if (!(b > 0 && b <= 1))
      throw new CascadeError('input', `schedule: expected betas above 0, at most 1, got ${b} at step ${t}`)
  })
  const table = (entry: (t: number) => number) => Float64Array.from(beta, (_, t) => entry(t))
  const alphasCumprod = beta.slice()
  let product = 1
  for (let t = 0; t < T; t++) alphasCumprod[t] = product *= 1 - beta[t]!
  const alphasCumprodPrev = table((t) => alphasCumprod[t - 1] ?? 1)
  const posteriorVariance = table((t) => (beta[t]! * (1 - alphasCumprodPrev[t]!)) / (1 - alphasCumprod[t]!))
  return {
    betas: beta,
    alphasCumprod,
    alphasCumprodPrev,
    posteriorVariance,
    posteriorLogVarianceClipped: table((t) => Math.log(T === 1 ? beta[0]! : posteriorVariance[Math.max(t, 1)]!)),
    posteriorMeanCoef1: table((t) => (beta[t]! * Math.sqrt(alphasCumprodPrev[t]!)) / (1 - alphasCumprod[t]!)),
    posteriorMeanCoef2: table((t) => ((1 - alphasCumprodPrev[t]!) * Math.sqrt(1 - beta[t]!)) / (1 - alphasCumprod[t]!)),
    timesteps: spaced ? checkedTimesteps(spaced, T) : Int32Array.from(beta, (_, t) => t),
    unspacedSteps: spaced?.unspacedSteps ?? T,
  }
}

/**
 * The schedule of given cumulative products ᾱ_0 > ᾱ_1 > …, in [0, 1), only the last of them 0: β_t = 1 - ᾱ_t / ᾱ_{t-1}
 * (Improved DDPM, equation 19).
 * @param spaced for the schedule of a respaced process.
 * @throws as {@link scheduleFromBetas}.
 */
export function scheduleFromAlphasCumprod(alphasCumprod: ArrayLike<number>, spaced?: SpacedSteps): DiscreteSchedule {
  checkList('schedule', 'alphasCumprod', alphasCumprod)
  const betas = Float64Array.from(alphasCumprod, (alphaCumprod, t) => 1 - alphaCumprod / (alphasCumprod[t - 1] ?? 1))
  return scheduleFromBetas(betas, spaced)
}

function checkedTimesteps({ timesteps, unspacedSteps }: SpacedSteps, T: number): Int32Array {
  if (timesteps.length !== T)
    throw new CascadeError('input', `schedule: expected ${T} timesteps, one for each beta, got ${timesteps.length}`)
  let last = -1
  return Int32Array.from(timesteps, (t) => {
    if (!(Number.isInteger(t) && t >= 0 && t < unspacedSteps))
      throw new CascadeError(
        'input',
        `schedule: expected timesteps that are integers from 0 to ${unspacedSteps - 1}, got ${t}`,
      )
    if (t <= last) throw new CascadeError('input', `schedule: timesteps must increase, got ${last}, ${t}`)
    last = t
    return t
  })
}
