import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import { checkCount, checkPositiveRange } from '../checks.ts'
import { type ContinuousSchedule, scheduleFromLogSnr } from './continuous-schedule.ts'
import { edmSigmaOfLogSnr, logSnrOfEdmSigma } from './log-snr.ts'

/** Options of {@link continuousKarras} and {@link karrasSigmas}. */
export interface KarrasOptions {
  /** The least σ. Default 0.002. */
  readonly sigmaMin?: number
  /** The greatest σ. Default 80. */
  readonly sigmaMax?: number
  /** ρ: a greater value shortens the steps at low noise. Default 7. */
  readonly rho?: number
}

/**
 * EDM's noise levels in continuous time (Karras et al. 2022, equation 5): σ^(1/ρ) grows at a constant rate from
 * sigmaMin at t = 0 to sigmaMax at t = 1. Like every schedule here it is in its variance-preserving form: alpha = 1 /
 * √(1 + σ²), sigma = σ alpha, λ = -2 ln σ.
 * @throws unless 0 < sigmaMin < sigmaMax and rho > 0.
 */
export function continuousKarras(options: KarrasOptions = {}): ContinuousSchedule {
  checkOptions('karras', options, { sigmaMin: true, sigmaMax: true, rho: true })
  const { sigmaMin = 0.002, sigmaMax = 80, rho = 7 } = options
  checkPositiveRange('karras: sigmaMin, sigmaMax', sigmaMin, sigmaMax)
  if (!(Number.isFinite(rho) && rho > 0))
    throw new CascadeError('input', `karras: expected rho above 0, got ${shown(rho)}`)
  const [low, high] = [sigmaMin ** (1 / rho), sigmaMax ** (1 / rho)]
  return scheduleFromLogSnr(
    (t) => rho * logSnrOfEdmSigma((1 - t) * low + t * high),
    (logSnr) => (Math.exp(-logSnr / 2 / rho) - low) / (high - low),
  )
}

/**
 * The noise levels of EDM's sampler (Karras et al. 2022, equation 5): σ_0 = sigmaMax > … > σ_{n-1} = sigmaMin, evenly
 * spaced in σ^(1/ρ), and σ_n = 0. In units of x = x0 + σ ε.
 * @param steps n, at least 1; with a single step only sigmaMax and 0.
 * @throws if the number of steps or an option is out of range.
 */
export function karrasSigmas(steps: number, options: KarrasOptions = {}): Float64Array {
  checkCount('karrasSigmas: steps', steps)
  const { logSnr } = continuousKarras(options)
  const sigmas = new Float64Array(steps + 1)
  for (let i = 0; i < steps; i++) sigmas[i] = edmSigmaOfLogSnr(logSnr(i === 0 ? 1 : (steps - 1 - i) / (steps - 1)))
  return sigmas
}

/** {@link continuousKarras} by name. */
export interface ContinuousKarrasConfig extends KarrasOptions {
  readonly name: 'continuous-karras'
}

/** The entry of the table. */
export const karras: Entry<ContinuousKarrasConfig, ContinuousSchedule> = {
  name: 'continuous-karras',
  schema: schema.record<ContinuousKarrasConfig>({
    name: schema.oneOf(['continuous-karras']),
    sigmaMin: schema.optional(schema.positive()),
    sigmaMax: schema.optional(schema.positive()),
    rho: schema.optional(schema.positive()),
  }),
  make: ({ name, ...options }) => continuousKarras(options),
}
