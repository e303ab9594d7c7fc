import { checkNumber, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { add, mul, type Scalar } from '@tensorflow/tfjs-core'
import type { GradientTransformation } from './transformation.ts'

/** Options of {@link weightDecay}. */
export interface WeightDecayOptions {
  /** λ, the part of the weights that a step of learning rate 1 takes off, at least 0. Default 0.01. */
  readonly rate?: number
}

const weightDecayKeys: KnownKeys<WeightDecayOptions> = { rate: true }

/**
 * Decoupled weight decay (Loshchilov & Hutter 2019): adds learning rate · λ · x to the step. It stands last in a chain.
 * All parameters decay, biases and norms too.
 * @throws if an option is unknown, or `rate` is not a number from 0.
 */
export function weightDecay(options: WeightDecayOptions = {}): GradientTransformation {
  checkOptions('weightDecay', options, weightDecayKeys)
  const rate = checkNumber('weightDecay', 'rate', options.rate ?? 0.01, { from: 0 })
  return {
    name: 'weight-decay',
    config: { name: 'weight-decay', rate },
    elementwise: true,
    scalars: ({ learningRate }) => ({ decay: learningRate * rate }),
    update: (update, { param, scalars }) => ({
      update: add(update, mul(param, scalars.decay as Scalar)),
      state: {},
    }),
  }
}

/** {@link weightDecay} by name: a JSON value. */
export interface WeightDecayConfig extends WeightDecayOptions {
  readonly name: 'weight-decay'
}

/** The entry of the table. */
export const weightDecayEntry: Entry<WeightDecayConfig, GradientTransformation> = {
  name: 'weight-decay',
  schema: schema.record<WeightDecayConfig>({
    name: schema.oneOf(['weight-decay']),
    rate: schema.optional(schema.number({ from: 0 })),
  }),
  make: ({ name, ...options }) => weightDecay(options),
}
