import { checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { type AdamOptions, adam, adamKeys } from './adam.ts'
import { chain } from './chain.ts'
import { decaySchema } from './check-decay.ts'
import type { GradientTransformation } from './transformation.ts'
import { weightDecay } from './weight-decay.ts'

/** Options of {@link adamw}. */
export interface AdamWOptions extends AdamOptions {
  /** λ, the part of the weights that a step of learning rate 1 takes off, at least 0. Default 0.01. */
  readonly weightDecay?: number
}

const adamwKeys: KnownKeys<AdamWOptions> = { ...adamKeys, weightDecay: true }

/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2, with the decay times the learning rate as in PyTorch): a chain of
 * `adam` and `weightDecay`.
 * @throws if an option is unknown or outside its range.
 */
export function adamw(options: AdamWOptions = {}): GradientTransformation {
  checkOptions('adamw', options, adamwKeys)
  const { weightDecay: rate, ...moments } = options
  return { ...chain(adam(moments), weightDecay({ rate })), name: 'adamw' }
}

/** {@link adamw} by name: a JSON value. */
export interface AdamWConfig extends AdamWOptions {
  readonly name: 'adamw'
}

/** The entry of the table. */
export const adamwEntry: Entry<AdamWConfig, GradientTransformation> = {
  name: 'adamw',
  schema: schema.record<AdamWConfig>({
    name: schema.oneOf(['adamw']),
    beta1: schema.optional(decaySchema),
    beta2: schema.optional(decaySchema),
    epsilon: schema.optional(schema.number({ from: 0 })),
    weightDecay: schema.optional(schema.number({ from: 0 })),
  }),
  make: ({ name, ...options }) => adamw(options),
}
