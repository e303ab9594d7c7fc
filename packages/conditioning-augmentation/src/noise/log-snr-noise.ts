import { CascadeError, checkFlag, checkOptions, type Entry, schema, shownPair } from '@cascade-diffusion/checks'
import { alphaOfLogSnr, sigmaOfLogSnr } from '@cascade-diffusion/schedules'
import type { ConditioningAugmentation } from '../augmentation.ts'
import { type ContinuousNoiseDraw, continuousNoise } from './continuous-noise.ts'
import { checkSignal } from './noise-range.ts'

/** Options of {@link logSnrNoise}. */
export interface LogSnrNoiseOptions {
  /** The log-SNR λ = ln(alpha² / sigma²) of the images is uniform between these. */
  readonly logSnr: readonly [min: number, max: number]
  /** Whether z is scaled by alpha, so that alpha² + sigma² = 1. Without it, z + e^(-λ/2) ε. Default true. */
  readonly variancePreserving?: boolean
}

/**
 * Gaussian noise at a random log-SNR λ: z_s = alpha z + sigma ε, alpha² = sigmoid(λ), sigma² = sigmoid(-λ). The network
 * is conditioned on λ. It depends on no schedule, so the stage before it may be any. (Imagen, Saharia et al. 2022,
 * section 2.4; λ as in VDM, Kingma et al. 2021.)
 *
 * In sampling s is a number from 0 to 1: λ = max + s (min - max), and s = 0 is the clean image.
 * @throws unless min < max, both finite; or if without `variancePreserving` nothing is left of the image at min.
 */
export function logSnrNoise(options: LogSnrNoiseOptions): ConditioningAugmentation<ContinuousNoiseDraw> {
  const where = 'logSnrNoise'
  checkOptions(where, options, { logSnr: true, variancePreserving: true })
  const { logSnr, variancePreserving = true } = options
  const isRange = Array.isArray(logSnr) && logSnr.length === 2 && logSnr.every(Number.isFinite) && logSnr[0] < logSnr[1]
  if (!isRange)
    throw new CascadeError('input', `${where}: expected logSnr, [min, max] with min < max, got ${shownPair(logSnr)}`)
  checkFlag(where, 'variancePreserving', variancePreserving)
  const [min, max] = logSnr
  const logSnrOf = (s: number) => (1 - s) * max + s * min
  const range = {
    name: 'noise-log-snr',
    minLevel: 0,
    maxLevel: 1,
    variancePreserving,
    noiseLevel: (s: number) =>
      s === 0 ? { alpha: 1, sigma: 0 } : { alpha: alphaOfLogSnr(logSnrOf(s)), sigma: sigmaOfLogSnr(logSnrOf(s)) },
  }
  checkSignal(where, range)
  return continuousNoise(range, logSnrOf)
}

/** {@link logSnrNoise} by name: a JSON value. */
export interface LogSnrNoiseConfig extends LogSnrNoiseOptions {
  readonly name: 'noise-log-snr'
}

/** The entry of the table. */
export const logSnrNoiseEntry: Entry<LogSnrNoiseConfig, ConditioningAugmentation> = {
  name: 'noise-log-snr',
  schema: schema.record<LogSnrNoiseConfig>({
    name: schema.oneOf(['noise-log-snr']),
    logSnr: schema.interval(),
    variancePreserving: schema.optional(schema.flag()),
  }),
  make: ({ name, ...options }) => logSnrNoise(options),
}
