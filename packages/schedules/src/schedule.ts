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
  /** ln β̃_t, with the entry of t = 1 also at t = 0, where the variance is 0. (With a single step: ln β_0.) */
  readonly posteriorLogVarianceClipped: Float64Array
  /** The factor of x0 in the mean of q(x_{t-1} | x_t, x0). */
  readonly posteriorMeanCoef1: Float64Array
  /** The factor of x_t in the mean of q(x_{t-1} | x_t, x0). */
  readonly posteriorMeanCoef2: Float64Array
  /** The step of the unspaced process that each step stands for: what the network is told. 0 … T-1 unless respaced. */
  readonly timesteps: Int32Array
}

/**
 * The schedule of given betas, each in (0, 1].
 * @param timesteps the steps of the unspaced process, increasing from 0 on; 0 … T-1 unless given.
 * @throws if a beta is out of range, or the timesteps do not increase or are not as many as the betas.
 */
export function scheduleFromBetas(betas: ArrayLike<number>, timesteps?: ArrayLike<number>): DiscreteSchedule {
  const beta = Float64Array.from(betas)
  const T = beta.length
  if (T === 0) throw new Error('schedule: expected at least one beta, got none')
  beta.forEach((b, t) => {
    if (!(b > 0 && b <= 1))
      throw new Error(`schedule: betas must be greater than 0 and at most 1, got ${b} at step ${t}`)
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
    timesteps: checkedTimesteps(timesteps ?? beta.map((_, t) => t), T),
  }
}

function checkedTimesteps(timesteps: ArrayLike<number>, T: number): Int32Array {
  if (timesteps.length !== T) throw new Error(`schedule: expected ${T} timesteps, one a beta, got ${timesteps.length}`)
  let last = -1
  return Int32Array.from(timesteps, (t) => {
    if (!(Number.isInteger(t) && t >= 0)) throw new Error(`schedule: timesteps must be integers from 0, got ${t}`)
    if (t <= last) throw new Error(`schedule: timesteps must increase, got ${last}, ${t}`)
    last = t
    return t
  })
}

/**
 * The linear schedule of DDPM, scaled so that any number of steps ends at about the same noise as 1000 steps from
 * β = 0.0001 to 0.02 (as guided-diffusion does).
 * @param steps T, at least 20: with fewer the last β would exceed 1.
 */
export function linearSchedule(steps: number): DiscreteSchedule {
  if (!(Number.isInteger(steps) && steps >= 20))
    throw new Error(`linearSchedule: expected an integer of at least 20 steps, got ${steps}`)
  const scale = 1000 / steps
  const [first, last] = [scale * 0.0001, scale * 0.02]
  return scheduleFromBetas(Float64Array.from({ length: steps }, (_, t) => first + (t * (last - first)) / (steps - 1)))
}

/**
 * The cosine schedule of Improved DDPM (Nichol and Dhariwal 2021, equation 17): ᾱ(u) = cos²((u + 0.008) / 1.008 · π/2)
 * for u = t / T, each β at most 0.999.
 * @param steps T, at least 1.
 */
export function cosineSchedule(steps: number): DiscreteSchedule {
  if (!(Number.isInteger(steps) && steps >= 1))
    throw new Error(`cosineSchedule: expected an integer of at least 1 step, got ${steps}`)
  const alphaBar = (u: number) => Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2
  return scheduleFromBetas(
    Float64Array.from({ length: steps }, (_, t) =>
      Math.min(1 - alphaBar((t + 1) / steps) / alphaBar(t / steps), 0.999),
    ),
  )
}
