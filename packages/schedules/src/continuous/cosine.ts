import { CascadeError, checkOptions, type Entry, schema, shown } from '@cascade-diffusion/checks'
import { type ContinuousSchedule, scheduleFromLogSnr } from './continuous-schedule.ts'

/** Options of {@link continuousCosine}. */
export interface ContinuousCosineOptions {
  /** s: keeps the noise of the first steps from being too small. Default 0.008; with 0, alpha is cos(πt/2). */
  readonly offset?: number
}

/**
 * The cosine schedule in continuous time (Improved DDPM, Nichol and Dhariwal 2021, equation 17): ᾱ(t) = f(t) / f(0),
 * f(t) = cos²((t + s) / (1 + s) · π/2), without the clipping of β. λ runs from +∞ to -∞.
 * @throws if the offset is negative.
 */
export function continuousCosine(options: ContinuousCosineOptions = {}): ContinuousSchedule {
  checkOptions('continuousCosine', options, { offset: true })
  const { offset = 0.008 } = options
  if (!(Number.isFinite(offset) && offset >= 0))
    throw new CascadeError('input', `continuousCosine: expected an offset of at least 0, got ${shown(offset)}`)
  const angle = (t: number) => ((t / (1 + offset)) * Math.PI) / 2
  const first = angle(offset)
  return scheduleFromLogSnr(
    // cos b = sin(π/2 - b), and cos² a - cos² b = sin(b - a) sin(b + a), which avoids a difference of nearly equal
    // numbers.
    (t) => Math.log(Math.sin(angle(1 - t)) ** 2 / (Math.sin(angle(t)) * Math.sin(angle(t) + 2 * first))),
    (logSnr) => {
      const alphaCumprod = 1 / (1 + Math.exp(-logSnr))
      const sigmaSquared = 1 / (1 + Math.exp(logSnr))
      const sine = Math.sqrt(sigmaSquared + alphaCumprod * Math.sin(first) ** 2)
      const last = Math.atan2(sine, Math.sqrt(alphaCumprod) * Math.cos(first))
      return (last - first) * (2 / Math.PI) * (1 + offset)
    },
  )
}

/** {@link continuousCosine} by name. */
export interface ContinuousCosineConfig extends ContinuousCosineOptions {
  readonly name: 'continuous-cosine'
}

/** The entry of the table. */
export const cosine: Entry<ContinuousCosineConfig, ContinuousSchedule> = {
  name: 'continuous-cosine',
  schema: schema.record<ContinuousCosineConfig>({
    name: schema.oneOf(['continuous-cosine']),
    offset: schema.optional(schema.number({ from: 0 })),
  }),
  make: ({ name, ...options }) => continuousCosine(options),
}
