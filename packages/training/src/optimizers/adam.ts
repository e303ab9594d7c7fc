import { checkNumber, checkOptions, type Entry, type KnownKeys, schema } from '@cascade-diffusion/checks'
import { add, div, mul, type Scalar, sqrt, square, type Tensor } from '@tensorflow/tfjs-core'
import { checkDecay, decaySchema } from './check-decay.ts'
import { type GradientTransformation, zerosLike } from './transformation.ts'

/** Options of {@link adam}. */
export interface AdamOptions {
  /** Decay of the first moment, from 0 to less than 1. Default 0.9. */
  readonly beta1?: number
  /** Decay of the second moment, from 0 to less than 1. Default 0.999. */
  readonly beta2?: number
  /** Added to the root of the second moment, at least 0. Default 1e-8. */
  readonly epsilon?: number
}

/** The names of {@link AdamOptions}. */
export const adamKeys: KnownKeys<AdamOptions> = { beta1: true, beta2: true, epsilon: true }

/**
 * Adam (Kingma & Ba 2015, algorithm 1; ε where PyTorch has it). Slots: `m` and `v`, the moments.
 *
 * Moments are kept as sums, which saves four operations of a pass over all weights: m ← β₁m + g and v ← β₂v + g² are
 * the paper's divided by 1-β₁ and 1-β₂. The step size makes up for it: x ← x - stepSize · m / (√v + ε).
 * @throws if an option is unknown or outside its range.
 */
export function adam(options: AdamOptions = {}): GradientTransformation {
  checkOptions('adam', options, adamKeys)
  const { beta1, beta2, epsilon } = adamSettings('adam', options)
  return {
    name: 'adam',
    config: { name: 'adam', beta1, beta2, epsilon },
    elementwise: true,
    init: (param) => ({ m: zerosLike(param), v: zerosLike(param) }),
    scalars: ({ t, learningRate }) => ({ ...adamScales(t + 1, learningRate, { beta1, beta2, epsilon }) }),
    update(gradient, { state, scalars }) {
      const m = add(mul(state.m as Tensor, beta1), gradient)
      const v = add(mul(state.v as Tensor, beta2), square(gradient))
      const direction = div(m, add(sqrt(v), scalars.epsilon as Scalar))
      return { update: mul(direction, scalars.stepSize as Scalar), state: { m, v } }
    },
  }
}

/** The options with their defaults. @throws if one is outside its range. */
function adamSettings(where: string, options: AdamOptions): Required<AdamOptions> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options
  checkDecay(where, 'beta1', beta1)
  checkDecay(where, 'beta2', beta2)
  checkNumber(where, 'epsilon', epsilon, { from: 0 })
  return { beta1, beta2, epsilon }
}

/**
 * The numbers of update t = 1, 2, …, in float64: `stepSize`, the learning rate with both bias corrections, multiplies
 * the step; `epsilon` is ε in units of the root of the second moment's sum.
 */
function adamScales(
  t: number,
  learningRate: number,
  { beta1, beta2, epsilon }: Required<AdamOptions>,
): { readonly stepSize: number; readonly epsilon: number } {
  const first = (1 - beta1) / (1 - beta1 ** t)
  const root = Math.sqrt((1 - beta2) / (1 - beta2 ** t))
  return { stepSize: (learningRate * first) / root, epsilon: epsilon / root }
}

/** {@link adam} by name: a JSON value. */
export interface AdamConfig extends AdamOptions {
  readonly name: 'adam'
}

/** The entry of the table. */
export const adamEntry: Entry<AdamConfig, GradientTransformation> = {
  name: 'adam',
  schema: schema.record<AdamConfig>({
    name: schema.oneOf(['adam']),
    beta1: schema.optional(decaySchema),
    beta2: schema.optional(decaySchema),
    epsilon: schema.optional(schema.number({ from: 0 })),
  }),
  make: ({ name, ...options }) => adam(options),
}
