import { checkNumber, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { mul, type Scalar } from '@tensorflow/tfjs-core'
import type { GradientTransformation } from './transformation.ts'

/** Options of {@link clipByGlobalNorm}. */
export interface ClipByGlobalNormOptions {
  /** The largest norm of all gradients together, from 0. Default 1. */
  readonly maxNorm?: number
}

const clipKeys: KnownKeys<ClipByGlobalNormOptions> = { maxNorm: true }

/**
 * Scales all gradients down together, so that their norm is at most `maxNorm`. It stands first in a chain: the norm is
 * that of the gradients, whatever a transformation before it has made of them.
 * @throws if an option is unknown, or `maxNorm` is not a number from 0.
 */
export function clipByGlobalNorm(options: ClipByGlobalNormOptions = {}): GradientTransformation {
  checkOptions('clipByGlobalNorm', options, clipKeys)
  const maxNorm = checkNumber('clipByGlobalNorm', 'maxNorm', options.maxNorm ?? 1, { from: 0 })
  return {
    name: 'clip-by-global-norm',
    config: { name: 'clip-by-global-norm', maxNorm },
    elementwise: true,
    scalars: ({ gradNorm }) => ({ factor: clipFactor(gradNorm, maxNorm) }),
    update: (update, { scalars }) => ({ update: mul(update, scalars.factor as Scalar), state: {} }),
  }
}

/**
 * What gradients are multiplied by so that the norm of all together is at most `maxNorm`, as PyTorch's
 * `clip_grad_norm_`: min(1, maxNorm / (norm + 1e-6)).
 */
export const clipFactor = (norm: number, maxNorm: number): number =>
  maxNorm === Number.POSITIVE_INFINITY ? 1 : Math.min(1, maxNorm / (norm + 1e-6))

/** {@link clipByGlobalNorm} by name: a JSON value. */
export interface ClipByGlobalNormConfig extends ClipByGlobalNormOptions {
  readonly name: 'clip-by-global-norm'
}

/** The entry of the table. */
export const clipByGlobalNormEntry: Entry<ClipByGlobalNormConfig, GradientTransformation> = {
  name: 'clip-by-global-norm',
  schema: schema.record<ClipByGlobalNormConfig>({
    name: schema.oneOf(['clip-by-global-norm']),
    maxNorm: schema.optional(schema.number({ from: 0 })),
  }),
  make: ({ name, ...options }) => clipByGlobalNorm(options),
}
