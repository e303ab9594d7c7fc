import { CascadeError, checkOptions, shown } from '@cascade-diffusion/checks'
import type { Rng } from '@cascade-diffusion/random'
import { areNumbers, checkDraw } from '../checks.ts'
import { probit } from './probit.ts'
import { type LowDiscrepancy, spreadUniforms } from './uniforms.ts'

/** A time in [0, 1) for each of n training examples, uniform, in float64 (VDM, Kingma et al. 2021). */
export function uniformTimes(n: number, rng: Rng, options: LowDiscrepancy = {}): Float64Array {
  checkDraw('uniformTimes', n, rng)
  checkOptions('uniformTimes', options, { lowDiscrepancy: true })
  return spreadUniforms(n, rng, options)
}

/** Options of {@link logitNormalTimes} and {@link logNormalSigmas}: those of the underlying normal distribution. */
export interface NormalOptions extends LowDiscrepancy {
  /** Its mean. */
  readonly mean?: number
  /** Its standard deviation, above 0. */
  readonly std?: number
}

/**
 * A time in (0, 1) for each of n training examples, in float64: sigmoid(mean + std ε), by default mean 0 and std 1
 * (Esser et al. 2024, "Scaling rectified flow transformers", equation 19). A greater mean gives more noise.
 * @throws if the standard deviation is not above 0.
 */
export const logitNormalTimes = (n: number, rng: Rng, options: NormalOptions = {}): Float64Array =>
  normals('logitNormalTimes', n, rng, options, { mean: 0, std: 1 }).map((x) => 1 / (1 + Math.exp(-x)))

/**
 * A noise level σ for each of n training examples, in float64, in units of x = x0 + σ ε: ln σ is normal, by default of
 * mean -1.2 and std 1.2 (EDM, Karras et al. 2022, table 1).
 * @throws if the standard deviation is not above 0.
 */
export const logNormalSigmas = (n: number, rng: Rng, options: NormalOptions = {}): Float64Array =>
  normals('logNormalSigmas', n, rng, options, { mean: -1.2, std: 1.2 }).map(Math.exp)

function normals(
  what: string,
  n: number,
  rng: Rng,
  options: NormalOptions,
  defaults: { readonly mean: number; readonly std: number },
): Float64Array {
  checkDraw(what, n, rng)
  checkOptions(what, options, { mean: true, std: true, lowDiscrepancy: true })
  const { mean = defaults.mean, std = defaults.std } = options
  if (!(areNumbers(mean, std) && std > 0 && Number.isFinite(mean + std)))
    throw new CascadeError(
      'input',
      `${what}: expected a finite mean and a standard deviation above 0, got ${shown(mean)}, ${shown(std)}`,
    )
  // Shifted by half of the smallest difference, so that 0, whose quantile is -∞, is never drawn.
  return spreadUniforms(n, rng, options).map((u) => mean + std * probit(u + 2 ** -53))
}
